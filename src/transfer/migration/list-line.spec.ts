import { nameEntry, urlEntry } from './list-line.js';

const TIME = '2030-01-02T03:04:05.678Z';

describe('a line of an object list', () => {
  it.each([
    ['a%20b%2Fc.txt', 'a b/c.txt'],
    ['a/b+c', 'a/b+c'],
    ['%E4%B8%96/é', '世/é'],
    ['100%25', '100%'],
    ['d/', 'd/'],
    [' a ', ' a '],
    [`${TIME}\ta%09b\ta\\tb\tNoSuchKey\tGone\tTRF.0156`, 'a\tb'],
  ])('%j is the object %j', (line, key) => expect(nameEntry(line)).toEqual({ key }));

  it.each([
    ['100%', 'BadName'],
    ['%ff', 'BadName'],
    ['a\tb', 'BadLine'],
    [`${TIME}\t`, 'BadName'],
  ])('%j names nothing', (line, code) => expect(nameEntry(line).problem).toMatchObject({ code }));
});

describe('a line of a URL list', () => {
  const url = 'https://host:8080/d%20e/f.txt?sign=a%2Bb';

  it.each([
    [url, url, 'd e/f.txt'],
    [`${url}\tx%20y/z`, url, 'x y/z'],
    [`${url}\t`, url, 'd e/f.txt'],
    ['http://host/a%zz', 'http://host/a%zz', 'a%zz'],
    ['http://host//a', 'http://host//a', '/a'],
    [`${TIME}\t${url}\tx%09y\tTimeout\tNo answer\tTRF.0157`, url, 'x\ty'],
  ])('%j is the URL %j with the name %j', (line, key, targetName) =>
    expect(urlEntry(line)).toEqual({ key, targetName }),
  );

  it.each([
    ['ftp://host/a', 'BadUrl'],
    ['/a/b', 'BadUrl'],
    ['http://', 'BadUrl'],
    ['http://host', 'BadUrl'],
    ['http://host/a\tb\tc', 'BadLine'],
    ['http://host/a\t%', 'BadName'],
  ])('%j names nothing', (line, code) => expect(urlEntry(line).problem).toMatchObject({ code }));
});
