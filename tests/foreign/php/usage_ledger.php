#!/usr/bin/env php
<?php
// Usage Ledger client for PHP's SoapClient, which reads the WSDL anew at every start: there is nothing to generate.

function write(SoapClient $client, array $words): array
{
    $request = ['mode' => $words[0], 'record' => array_map(new_record(...), array_slice($words, 1))];
    return array_map(verdict(...), $client->writeUsageRecords($request)->verdict);
}

function new_record(string $text): array
{
    [$transaction, $service, $event, $time, $code, $key] = $parts = explode('|', $text);
    $pairs = array_map(fn ($property) => explode('=', $property, 2), array_slice($parts, 6));
    return [
        'globalTransactionID' => $transaction,
        'service' => $service,
        'eventType' => $event,
        'recordTime' => (int) $time,
        'code' => (int) $code,
        'property' => array_map(fn ($pair) => ['name' => $pair[0], 'value' => $pair[1]], $pairs),
        ...$key === '' ? [] : ['key' => $key],
    ];
}

function verdict(object $verdict): string
{
    $parts = ['recordID', 'field', 'messageID', 'reason'];
    return implode('|', [$verdict->status, ...array_map(fn ($name) => $verdict->$name ?? '', $parts)]);
}

function get(SoapClient $client, array $words): array
{
    return [stored($client->getUsageRecord(['recordID' => $words[0]])->record)];
}

function query(SoapClient $client, array $words): array
{
    $request = ['filter' => ['service' => $words[0]], 'pageSize' => (int) $words[1]];
    if (isset($words[2])) {
        $request['cursor'] = $words[2];
    }
    $page = $client->queryUsageRecords($request);
    return [$page->nextCursor ?? '', ...array_map(stored(...), $page->record ?? [])];
}

function stored(object $record): string
{
    $milliseconds = (new DateTimeImmutable($record->recordTime))->format('Uv');
    $properties = array_map(fn ($property) => "$property->name=$property->value", $record->property ?? []);
    $parts = [$record->recordID, $record->globalTransactionID, $record->service, $record->eventType, $milliseconds];
    return implode('|', [...$parts, $record->code, ...$properties]);
}

function void(SoapClient $client, array $words): array
{
    $why = ['actor' => 'auditor', 'reasonCode' => 'TEST', 'reason' => 'sent twice'];
    $adjustment = $client->voidUsageRecord(['recordID' => $words[0], ...$why])->adjustment;
    return [implode('|', [$adjustment->recordID, $adjustment->actor, $adjustment->reasonCode, $adjustment->reason])];
}

// A detail is made an object without the schema: one element is then no array.
function describe(object $detail): string
{
    $variables = implode(',', (array) ($detail->variables ?? []));
    return "FAULT $detail->messageID|$detail->text|$variables|" . ($detail->field ?? '');
}

$client = new SoapClient($argv[1], [
    'cache_wsdl' => WSDL_CACHE_NONE,
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
]);
$commands = ['write' => write(...), 'get' => get(...), 'query' => query(...), 'void' => void(...)];
while (($line = fgets(STDIN)) !== false) {
    $words = explode("\t", rtrim($line, "\n"));
    try {
        echo implode("\t", $commands[$words[0]]($client, array_slice($words, 1))), "\n";
    } catch (SoapFault $fault) {
        if (!isset($fault->detail->LedgerFault)) {
            throw $fault;
        }
        echo describe($fault->detail->LedgerFault), "\n";
    }
}
