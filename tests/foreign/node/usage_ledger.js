#!/usr/bin/env node
// Usage Ledger client for node's `soap`, which reads the WSDL anew at every start: there is nothing to generate.

const readline = require('readline');
const soap = require('soap');

async function write(client, [mode, ...records]) {
  const [{ verdict }] = await client.writeUsageRecordsAsync({ mode, record: records.map(newRecord) });
  return verdict.map(({ status, recordID = '', field = '', messageID = '', reason = '' }) =>
    [status, recordID, field, messageID, reason].join('|'));
}

function newRecord(text) {
  const [globalTransactionID, service, eventType, recordTime, code, key, ...properties] = text.split('|');
  return {
    globalTransactionID,
    service,
    eventType,
    recordTime, // stays text: an xsd:long does not fit a JavaScript number
    code: Number(code),
    property: properties.map(splitAtFirstEquals).map(([name, value]) => ({ name, value })),
    ...(key && { key }),
  };
}

function splitAtFirstEquals(property) {
  const at = property.indexOf('=');
  return [property.slice(0, at), property.slice(at + 1)];
}

async function get(client, [recordID]) {
  const [{ record }] = await client.getUsageRecordAsync({ recordID });
  return [stored(record)];
}

async function query(client, [service, pageSize, cursor]) {
  const request = { filter: { service }, pageSize: Number(pageSize), ...(cursor && { cursor }) };
  const [{ record = [], nextCursor = '' }] = await client.queryUsageRecordsAsync(request);
  return [nextCursor, ...record.map(stored)];
}

function stored({ recordID, globalTransactionID, service, eventType, recordTime, code, property = [] }) {
  const pairs = property.map(({ name, value }) => `${name}=${value ?? ''}`);
  return [recordID, globalTransactionID, service, eventType, recordTime.getTime(), code, ...pairs].join('|');
}

async function voidRecord(client, [recordID]) {
  const why = { actor: 'auditor', reasonCode: 'TEST', reason: 'sent twice' };
  const [{ adjustment }] = await client.voidUsageRecordAsync({ recordID, ...why });
  return [[adjustment.recordID, adjustment.actor, adjustment.reasonCode, adjustment.reason].join('|')];
}

function describe({ messageID, text, variables = [], field = '' }) {
  return `FAULT ${messageID}|${text}|${[].concat(variables).join(',')}|${field}`;
}

const commands = { write, get, query, void: voidRecord };

async function answer(client, line) {
  const [command, ...words] = line.split('\t');
  try {
    return (await commands[command](client, words)).join('\t');
  } catch (error) {
    const fault = error.root?.Envelope.Body.Fault.detail?.LedgerFault;
    if (!fault) throw error;
    return describe(fault);
  }
}

async function main([wsdl]) {
  const client = await soap.createClientAsync(wsdl, { preserveWhitespace: true });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log(await answer(client, line));
  }
}

main(process.argv.slice(2));
