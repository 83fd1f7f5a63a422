import kafkajs, { type Admin, type ITopicConfig } from 'kafkajs';
import type { Log } from '../../kernel/log.js';
import type { TopicSettings } from './kafka-queue-options.js';

// Room for the headers that a dead letter has on top of its message.
const LETTER_ROOM = 256 * 1024;

const wanted = (topic: string, deadLetterTopic: string, settings: TopicSettings): ITopicConfig[] => {
  const { partitions, replicationFactor, retentionMs, deadLetterRetentionMs, maxMessageBytes } = settings;
  const config = (keepMs: number, maxBytes: number) => [
    { name: 'cleanup.policy', value: 'delete' },
    { name: 'retention.ms', value: String(keepMs) },
    { name: 'max.message.bytes', value: String(maxBytes) },
  ];
  return [
    { topic, numPartitions: partitions, replicationFactor, configEntries: config(retentionMs, maxMessageBytes) },
    {
      ...{ topic: deadLetterTopic, numPartitions: 1, replicationFactor },
      configEntries: config(deadLetterRetentionMs, maxMessageBytes + LETTER_ROOM),
    },
  ];
};

/** Makes the topics that are absent. Those that exist stay as they are; where they differ a warning says how. */
export async function ensureTopics(
  admin: Admin,
  topic: string,
  deadLetterTopic: string,
  settings: TopicSettings,
  log: Log,
): Promise<void> {
  const existing = new Set(await admin.listTopics());
  for (const each of wanted(topic, deadLetterTopic, settings)) {
    if (existing.has(each.topic)) await warnOfDifferences(admin, each, log);
    else if (await admin.createTopics({ topics: [each] })) log.info({ topic: each.topic }, 'Made the topic');
  }
}

async function warnOfDifferences(admin: Admin, { topic, numPartitions, configEntries = [] }: ITopicConfig, log: Log) {
  const differences: Record<string, { found: string | number; configured: string | number }> = {};
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const partitions = topics[0]?.partitions.length ?? 0;
  if (numPartitions !== undefined && partitions !== numPartitions)
    differences['partitions'] = { found: partitions, configured: numPartitions };
  const resource = {
    type: kafkajs.ConfigResourceTypes.TOPIC,
    name: topic,
    configNames: configEntries.map(({ name }) => name),
  };
  try {
    const { resources } = await admin.describeConfigs({ resources: [resource], includeSynonyms: false });
    for (const { configName, configValue } of resources[0]?.configEntries ?? []) {
      const configured = configEntries.find(({ name }) => name === configName)?.value;
      if (configured !== undefined && configured !== configValue)
        differences[configName] = { found: configValue, configured };
    }
  } catch {
    // Not everybody who may use a topic may read its configuration.
  }
  if (Object.keys(differences).length > 0)
    log.warn({ topic, differences }, 'The topic exists with other settings; they are left as they are');
}
