// An application of Call Notification on the service classes that gSOAP generates from the WSDLs (wsdl2h, soapcpp2 -j).
//
// `application PORT` writes a line for everything it is told, and decides about calls. The parties have other names in
// Parlay X 2.1 than in 3.x; what is generated says which.

#include <iostream>
#include <string>

#include "CallNotificationBinding.nsmap"
#include "soapCallDirectionBindingService.h"
#include "soapCallNotificationBindingService.h"

static std::string text(const std::string& value) { return value; }
static std::string text(const std::string* value) { return value ? *value : "-"; }

template <class Event> static std::string parties(const Event& event)
{
    if constexpr (requires { event.callingParty; })
        return text(event.callingParty) + ' ' + text(event.calledParty) + " -";
    else
        return text(event.callingParticipant) + ' ' + text(event.calledParticipant) + ' ' + text(event.callSessionIdentifier);
}

template <class Event> static int note(const char* operation, const Event* event)
{
    std::cout << operation << ' ' << text(event->correlator) << ' ' << parties(*event) << std::endl;
    return SOAP_OK;
}

class Told : public CallNotificationBindingService {
public:
    using CallNotificationBindingService::CallNotificationBindingService;
    CallNotificationBindingService* copy() override { return new Told(*this); }

    int notifyBusy(_told__notifyBusy* event, _told__notifyBusyResponse&) override { return note("notifyBusy", event); }
    int notifyNotReachable(_told__notifyNotReachable* event, _told__notifyNotReachableResponse&) override
    {
        return note("notifyNotReachable", event);
    }
    int notifyNoAnswer(_told__notifyNoAnswer* event, _told__notifyNoAnswerResponse&) override
    {
        return note("notifyNoAnswer", event);
    }
    int notifyCalledNumber(_told__notifyCalledNumber* event, _told__notifyCalledNumberResponse&) override
    {
        return note("notifyCalledNumber", event);
    }
#ifdef SOAP_TYPE__told__notifyAnswer // only what was generated from 3.x
    int notifyAnswer(_told__notifyAnswer* event, _told__notifyAnswerResponse&) override
    {
        return note("notifyAnswer", event);
    }
    int notifyPlayAndCollectEvent(_told__notifyPlayAndCollectEvent*, _told__notifyPlayAndCollectEventResponse&) override
    {
        return SOAP_NO_METHOD;
    }
    int notifyPlayAndRecordEvent(_told__notifyPlayAndRecordEvent*, _told__notifyPlayAndRecordEventResponse&) override
    {
        return SOAP_NO_METHOD;
    }
#endif
};

class Asked : public CallDirectionBindingService {
public:
    using CallDirectionBindingService::CallDirectionBindingService;
    CallDirectionBindingService* copy() override { return new Asked(*this); }

    int handleCalledNumber(_asked__handleCalledNumber* event, _asked__handleCalledNumberResponse& response) override
    {
        response.result = action(types__ActionValues__Continue);
        return note("handleCalledNumber", event);
    }
    int handleBusy(_asked__handleBusy* event, _asked__handleBusyResponse& response) override
    {
        response.result = action(types__ActionValues__Route);
        response.result->routingAddress = soap_new_std__string(soap);
        *response.result->routingAddress = "tel:+4699";
        return note("handleBusy", event);
    }
    int handleNoAnswer(_asked__handleNoAnswer* event, _asked__handleNoAnswerResponse& response) override
    {
        response.result = action(types__ActionValues__EndCall);
        return note("handleNoAnswer", event);
    }
    int handleNotReachable(_asked__handleNotReachable* event, _asked__handleNotReachableResponse&) override
    {
        note("handleNotReachable", event);
        return soap_receiverfault("no decision", nullptr);
    }

private:
    types__Action* action(enum types__ActionValues value)
    {
        auto* action = soap_new_types__Action(soap);
        action->actionToPerform = value;
        return action;
    }
};

int main(int, char** words)
{
    Told told(SOAP_C_UTFSTRING);
    Asked asked(told.soap);
    told.soap->bind_flags = SO_REUSEADDR;
    if (!soap_valid_socket(told.bind("127.0.0.1", std::stoi(words[1]), 100)))
        return 1;
    while (soap_valid_socket(told.accept())) {
        // Both port types at one address: what one does not know is for the other.
        if (soap_begin_serve(told.soap) || (told.dispatch() == SOAP_NO_METHOD && asked.dispatch()))
            soap_send_fault(told.soap);
        soap_destroy(told.soap);
        soap_end(told.soap);
    }
    return 1;
}
