import 'reflect-metadata';

const STRICT = Symbol('strict fields');

/**
 * For a DTO, and those that extend it: a field that the DTO does not have is refused instead of dropped, at any depth. What a
 * caller spelled wrong would otherwise be done without.
 */
export const StrictFields = (): ClassDecorator => (type) => Reflect.defineMetadata(STRICT, true, type);

export const isStrict = (type: object): boolean => Reflect.getMetadata(STRICT, type) === true;
