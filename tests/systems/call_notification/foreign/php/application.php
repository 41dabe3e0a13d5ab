<?php
// An application of Call Notification on PHP's SoapServer, which reads the WSDLs when it runs.
// Writes a line for everything it is told, and decides about calls.

function note(string $operation, object $event): void
{
    // Parlay X 2.1 has parties, 3.x participants and the session.
    $told = [
        $operation,
        $event->correlator,
        $event->callingParty ?? $event->callingParticipant,
        $event->calledParty ?? $event->calledParticipant,
        $event->callSessionIdentifier ?? '-',
    ];
    file_put_contents('php://stdout', implode(' ', $told) . "\n");
}

final class Told
{
    public function __call(string $operation, array $arguments): void
    {
        note($operation, $arguments[0]);
    }
}

final class Asked
{
    public function handleCalledNumber(object $event): array
    {
        note(__FUNCTION__, $event);
        return ['result' => ['actionToPerform' => 'Continue']];
    }

    public function handleBusy(object $event): array
    {
        note(__FUNCTION__, $event);
        return ['result' => ['actionToPerform' => 'Route', 'routingAddress' => 'tel:+4699']];
    }

    public function handleNoAnswer(object $event): array
    {
        note(__FUNCTION__, $event);
        return ['result' => ['actionToPerform' => 'EndCall']];
    }

    public function handleNotReachable(object $event): array
    {
        note(__FUNCTION__, $event);
        throw new SoapFault('Server', 'no decision');
    }
}

// Both port types at one address: the message says whose it is.
$message = file_get_contents('php://input');
$isAsked = str_contains($message, '/parlayx/call_direction/');
$server = new SoapServer(getenv($isAsked ? 'DIRECTION' : 'NOTIFICATION'));
$server->setObject($isAsked ? new Asked() : new Told());
$server->handle($message);
