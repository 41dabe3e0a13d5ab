<?php
// The PHP peer: SoapServer and PDO, one request at a time in each process of php-fpm.

const INSERT = <<<'SQL'
    WITH record AS (
        INSERT INTO usage_record (record_id, received_at, record_time, code, global_transaction_id, service, event_type,
                                  host, source)
        VALUES (?, now(), to_timestamp(?::bigint / 1000.0), ?, ?, ?, ?, 'php', 'soap')
        RETURNING record_id)
    INSERT INTO usage_property (record_id, position, name, value)
    SELECT record_id, position - 1, name, value
    FROM record, unnest(?::text[], ?::text[]) WITH ORDINALITY AS p (name, value, position)
    SQL;

function database(): PDO
{
    $url = parse_url($_SERVER['DATABASE']);
    $name = ltrim($url['path'], '/');
    return new PDO("pgsql:host={$url['host']};port={$url['port']};dbname=$name", $url['user'], null, [
        PDO::ATTR_PERSISTENT => true,
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::ATTR_EMULATE_PREPARES => true, // a prepared statement would not outlive the request: one trip, not two
    ]);
}

function new_record_id(): string // UUIDv7 (RFC 9562)
{
    $time = sprintf('%012x', (int) (microtime(true) * 1000));
    $random = bin2hex(random_bytes(10));
    $variant = dechex(8 | hexdec($random[3]) & 3);
    return substr($time, 0, 8) . '-' . substr($time, 8) . '-7' . substr($random, 0, 3) . "-$variant"
        . substr($random, 4, 3) . '-' . substr($random, 7, 12);
}

function array_literal(array $texts): string
{
    return '{' . implode(',', array_map(fn ($text) => '"' . addcslashes($text, '"\\') . '"', $texts)) . '}';
}

function writeUsageRecord(object $request): array
{
    $id = new_record_id();
    database()->prepare(INSERT)->execute([
        $id,
        $request->recordTime,
        $request->code,
        $request->globalTransactionID,
        $request->service,
        $request->eventType,
        array_literal($request->serviceAttributes ?? []),
        array_literal($request->serviceValues ?? []),
    ]);
    return ['recordID' => $id];
}

$server = new SoapServer(__DIR__ . '/UsageRecord.wsdl', [
    'cache_wsdl' => WSDL_CACHE_MEMORY,
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
]);
$server->addFunction('writeUsageRecord');
$server->handle();
