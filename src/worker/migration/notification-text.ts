import type { TaskSettings } from '../../tasks/task.settings.js';
import { LIST_DIRECTORIES } from './task-list-parts.js';

/** How a run of a task, or a task group, ended: what messages about it are made of. */
export interface EndedRun {
  readonly name: string;
  readonly succeeded: boolean;
  /** Why it failed. */
  readonly failure: { readonly code: string; readonly message: string } | undefined;
  readonly settings: TaskSettings;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly transferredBytes: number;
  readonly succeededNum: number;
  readonly skippedNum: number;
  readonly failedNum: number;
  /** The directory that its lists are under, with a slash at its end. */
  readonly listsUnder: string;
}

type Language = 'en-us' | 'zh-cn';

const STATUS: Readonly<Record<Language, Readonly<Record<'true' | 'false', string>>>> = {
  'en-us': { true: 'Succeeded', false: 'Failed' },
  'zh-cn': { true: '成功', false: '失败' },
};

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function sizeText(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  return `${unit === 0 ? bytes : (bytes / 1024 ** unit).toFixed(2)} ${UNITS[unit] ?? ''}`;
}

/** `hh:mm:ss`, with as many hours as it takes. */
export function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

/** What stands for the placeholders of a template. */
function valuesOf(run: EndedRun, language: Language): Readonly<Record<string, string>> {
  const { settings } = run;
  const usedMs = Math.max(0, Date.parse(run.endedAt) - Date.parse(run.startedAt));
  const perSecond = usedMs === 0 ? run.transferredBytes : Math.round((run.transferredBytes * 1000) / usedMs);
  return {
    Task_Status: STATUS[language][`${run.succeeded}`],
    Task_Name: run.name,
    Start_Time: run.startedAt,
    Total_Time_Used: durationText(usedMs),
    Transferred_Data: sizeText(run.transferredBytes),
    Average_Speed: `${sizeText(perSecond)}/s`,
    Source_Bucket: settings.source.bucket,
    Destination_Bucket: settings.destination.bucket,
    List_File_Bucket: settings.source.listFile?.bucket ?? '',
    List_File_Key: settings.source.listFile?.key ?? '',
    Success_object_list_path: `${run.listsUnder}${LIST_DIRECTORIES.success}/`,
    Skip_object_list_path: `${run.listsUnder}${LIST_DIRECTORIES.skip}/`,
    Failed_object_list_path: `${run.listsUnder}${LIST_DIRECTORIES.failed}/`,
  };
}

const DEFAULT_TEXTS: Readonly<Record<Language, string>> = {
  'en-us': `Migration task: {Task_Name}
Status: {Task_Status}
Source bucket: {Source_Bucket}
Destination bucket: {Destination_Bucket}
Started: {Start_Time}
Time used: {Total_Time_Used}
Transferred: {Transferred_Data} ({Average_Speed})
Objects: {Succeeded} succeeded, {Skipped} skipped, {Failed} failed
Lists of succeeded objects: {Success_object_list_path}
Lists of skipped objects: {Skip_object_list_path}
Lists of failed objects: {Failed_object_list_path}`,
  'zh-cn': `迁移任务：{Task_Name}
状态：{Task_Status}
源桶：{Source_Bucket}
目的桶：{Destination_Bucket}
开始时间：{Start_Time}
总耗时：{Total_Time_Used}
传输数据量：{Transferred_Data}（{Average_Speed}）
对象：成功 {Succeeded}，跳过 {Skipped}，失败 {Failed}
成功对象列表：{Success_object_list_path}
跳过对象列表：{Skip_object_list_path}
失败对象列表：{Failed_object_list_path}`,
};

const FAILURE: Readonly<Record<Language, string>> = { 'en-us': 'Failure', 'zh-cn': '失败原因' };
const SUBJECT: Readonly<Record<Language, string>> = { 'en-us': 'Migration task', 'zh-cn': '迁移任务' };

/** SMN takes subjects of so many bytes. */
const MAX_SUBJECT_BYTES = 512;

export interface MessageText {
  readonly subject: string;
  readonly message: string;
}

/** The text about a run: from the template when there is one, else a default. What is in braces and no placeholder stays. */
export function messageOf(run: EndedRun, language: Language, template?: string): MessageText {
  const values = valuesOf(run, language);
  const counts = {
    Succeeded: String(run.succeededNum),
    Skipped: String(run.skippedNum),
    Failed: String(run.failedNum),
  };
  const known = new Map(Object.entries(template === undefined ? { ...values, ...counts } : values));
  const filled = (text: string) => text.replace(/\{(\w+)\}/g, (whole, name: string) => known.get(name) ?? whole);
  const why = template !== undefined || run.failure === undefined ? [] : [whyFailed(run.failure, language)];
  return {
    subject: withinBytes(`${SUBJECT[language]} ${run.name}: ${values.Task_Status ?? ''}`, MAX_SUBJECT_BYTES),
    message: [filled(template ?? DEFAULT_TEXTS[language]), ...why].join('\n'),
  };
}

const whyFailed = ({ code, message }: { code: string; message: string }, language: Language): string =>
  `${FAILURE[language]}: ${code} ${message}`;

/** Cut between characters. */
const withinBytes = (text: string, bytes: number): string => {
  const whole = Buffer.from(text.replace(/\s+/g, ' '));
  return whole.length <= bytes
    ? whole.toString()
    : whole
        .subarray(0, bytes)
        .toString()
        .replace(/\ufffd+$/, '');
};
