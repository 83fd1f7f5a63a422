/** As far as it is looked at. */
interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Names of the fields of every operation, those of nested objects and arrays too: `a.b`, `a[].b`. */
export class OpenApiFields {
  constructor(private readonly document: OpenApiDocument) {}

  /** Every operation below a path, such as `POST /v2/{project_id}/tasks`. */
  operations(below: string): readonly string[] {
    return Object.entries(this.document.paths)
      .filter(([path]) => path.startsWith(below))
      .flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`));
  }

  body(operation: string): readonly string[] {
    return this.fieldsOf(this.find(operation).requestBody);
  }

  answer(operation: string): readonly string[] {
    return this.fieldsOf(this.find(operation).responses['200']);
  }

  query(operation: string): readonly string[] {
    const parameters = this.find(operation).parameters ?? [];
    return parameters.filter(({ in: where }) => where === 'query').map(({ name }) => name);
  }

  private find(operation: string): Operation {
    const [method = '', path = ''] = operation.split(' ');
    const found = this.document.paths[path]?.[method.toLowerCase()];
    if (found === undefined) throw new Error(`The document has no ${operation}`);
    return found;
  }

  private fieldsOf(body: Content | undefined): readonly string[] {
    const schema = body?.content?.['application/json']?.schema;
    return schema === undefined ? [] : this.walk(schema, '');
  }

  private walk(schema: Schema, prefix: string): readonly string[] {
    return Object.entries(this.resolved(schema).properties ?? {}).flatMap(([name, inner]) => {
      const { items } = this.resolved(inner);
      return [prefix + name, ...this.walk(items ?? inner, `${prefix}${name}${items === undefined ? '' : '[]'}.`)];
    });
  }

  private resolved(schema: Schema): Schema {
    if (schema.$ref !== undefined)
      return this.resolved(this.document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {});
    const [only, ...others] = schema.allOf ?? [];
    return only !== undefined && others.length === 0 ? this.resolved(only) : schema;
  }
}
