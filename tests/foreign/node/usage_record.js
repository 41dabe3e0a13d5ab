#!/usr/bin/env node
// Usage Record client for node's `soap`, which reads the WSDL anew at every start: there is nothing to generate.

const soap = require('soap');

async function write(client, [transaction, service, event, time, code, ...properties]) {
  const pairs = properties.map(splitAtFirstEquals);
  const [response] = await client.writeUsageRecordAsync({
    globalTransactionID: transaction,
    service,
    eventType: event,
    recordTime: time, // stays text: an xsd:long does not fit a JavaScript number
    code: Number(code),
    serviceAttributes: pairs.map(([name]) => name),
    serviceValues: pairs.filter((pair) => pair.length === 2).map(([, value]) => value),
  });
  return response.recordID;
}

function splitAtFirstEquals(property) {
  const at = property.indexOf('=');
  return at < 0 ? [property] : [property.slice(0, at), property.slice(at + 1)];
}

function describe({ messageID, text, variables = [] }) {
  return `FAULT ${messageID}|${text}|${[].concat(variables).join(',')}`;
}

const commands = { write };

async function main([wsdl, command, ...args]) {
  const client = await soap.createClientAsync(wsdl, { preserveWhitespace: true });
  try {
    return await commands[command](client, args);
  } catch (error) {
    const fault = error.root?.Envelope.Body.Fault.detail?.WriteUsageRecordFault;
    if (!fault) throw error;
    return describe(fault);
  }
}

main(process.argv.slice(2)).then(console.log);
