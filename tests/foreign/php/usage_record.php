#!/usr/bin/env php
<?php
// Usage Record client for PHP's SoapClient, which reads the WSDL anew at every start: there is nothing to generate.

function write(SoapClient $client, array $arguments): string
{
    [$transaction, $service, $event, $time, $code] = $arguments;
    $names = $values = [];
    foreach (array_slice($arguments, 5) as $property) {
        $parts = explode('=', $property, 2);
        $names[] = $parts[0];
        if (isset($parts[1])) {
            $values[] = $parts[1];
        }
    }
    $response = $client->writeUsageRecord([
        'globalTransactionID' => $transaction,
        'service' => $service,
        'eventType' => $event,
        'recordTime' => (int) $time,
        'code' => (int) $code,
        'serviceAttributes' => $names,
        'serviceValues' => $values,
    ]);
    return $response->recordID;
}

// A detail is made an object without the schema: one element is then no array.
function describe(object $detail): string
{
    return "FAULT $detail->messageID|$detail->text|" . implode(',', (array) ($detail->variables ?? []));
}

[, $wsdl, $command] = $argv;
$client = new SoapClient($wsdl, [
    'cache_wsdl' => WSDL_CACHE_NONE,
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
]);
$commands = ['write' => write(...)];
try {
    echo $commands[$command]($client, array_slice($argv, 3)), "\n";
} catch (SoapFault $fault) {
    if (!isset($fault->detail->WriteUsageRecordFault)) {
        throw $fault;
    }
    echo describe($fault->detail->WriteUsageRecordFault), "\n";
}
