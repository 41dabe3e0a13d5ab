// The node peer: `soap` and `pg`, one process for each core.

const cluster = require('cluster');
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const os = require('os');
const path = require('path');
const { Pool } = require('pg');
const soap = require('soap');

const PATH = '/UsageRecordService/services/UsageRecord';
const PROCESSES = os.cpus().length;
const DATABASE_CONNECTIONS = Math.ceil(16 / PROCESSES);
const BACKLOG = 1024;

const INSERT = `
  WITH record AS (
    INSERT INTO usage_record (record_id, received_at, record_time, code, global_transaction_id, service, event_type,
                              host, source)
    VALUES ($1, now(), to_timestamp($2::bigint / 1000.0), $3, $4, $5, $6, 'node', 'soap'))
  INSERT INTO usage_property (record_id, position, name, value)
  SELECT $1, position - 1, name, value
  FROM unnest($7::text[], $8::text[]) WITH ORDINALITY AS p (name, value, position)`;

function newRecordId() { // UUIDv7 (RFC 9562)
  const time = Date.now().toString(16).padStart(12, '0');
  const random = crypto.randomUUID();
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`;
}

function asList(value) {
  return value === undefined ? [] : [].concat(value);
}

function serviceOn(pool) {
  async function writeUsageRecord(request) {
    const recordID = newRecordId();
    const values = [recordID, String(request.recordTime), request.code, request.globalTransactionID, request.service,
      request.eventType, asList(request.serviceAttributes), asList(request.serviceValues)];
    await pool.query({ name: 'insert', text: INSERT, values });
    return { recordID };
  }
  return { UsageRecordService: { UsageRecord: { writeUsageRecord } } };
}

function serve(port, database) {
  const pool = new Pool({ connectionString: database, max: DATABASE_CONNECTIONS });
  const server = http.createServer((request, response) => response.writeHead(404).end());
  const wsdl = path.join(__dirname, 'UsageRecord.wsdl');
  server.keepAliveTimeout = 60_000;
  server.listen({ port, host: '127.0.0.1', backlog: BACKLOG });
  soap.listen(server, { path: PATH, services: serviceOn(pool), xml: fs.readFileSync(wsdl, 'utf8'), uri: wsdl });
}

if (cluster.isPrimary) {
  for (let number = 0; number < PROCESSES; number += 1) cluster.fork();
} else {
  serve(Number(process.argv[2]), process.argv[3]);
}
