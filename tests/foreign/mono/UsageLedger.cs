// Usage Ledger client on the classes that mono's `wsdl` (calls) and `xsd` (fault) generate from the contract.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Web.Services.Protocols;
using System.Xml;
using System.Xml.Serialization;

static class UsageLedger
{
    static readonly DateTime Epoch = new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    static readonly Dictionary<string, Func<UsageLedgerService, string[], IEnumerable<string>>> Commands =
        new Dictionary<string, Func<UsageLedgerService, string[], IEnumerable<string>>>
        {
            { "write", Write }, { "get", Get }, { "query", Query }, { "void", Void },
        };

    static IEnumerable<string> Write(UsageLedgerService service, string[] words)
    {
        var mode = (WriteMode)Enum.Parse(typeof(WriteMode), words[0]);
        Verdict[] verdicts = service.writeUsageRecords(mode, words.Skip(1).Select(Record).ToArray());
        return verdicts.Select(one => Joined(one.status, one.recordID, one.field, one.messageID, one.reason));
    }

    static NewRecord Record(string text)
    {
        string[] parts = text.Split('|');
        return new NewRecord
        {
            globalTransactionID = parts[0],
            service = parts[1],
            eventType = parts[2],
            recordTime = long.Parse(parts[3]),
            code = int.Parse(parts[4]),
            key = parts[5] == "" ? null : parts[5],
            property = parts.Skip(6).Select(Pair).ToArray(),
        };
    }

    static Property Pair(string text)
    {
        string[] nameAndValue = text.Split(new[] { '=' }, 2);
        return new Property { name = nameAndValue[0], value = nameAndValue[1] };
    }

    static IEnumerable<string> Get(UsageLedgerService service, string[] words)
    {
        yield return Stored(service.getUsageRecord(words[0]));
    }

    static IEnumerable<string> Query(UsageLedgerService service, string[] words)
    {
        var filter = new RecordFilter { service = words[0] };
        string next, cursor = words.Length > 2 ? words[2] : null;
        StoredRecord[] records = service.queryUsageRecords(
            filter, RecordView.current, true, default(DateTime), false, int.Parse(words[1]), true, cursor, out next);
        return new[] { next ?? "" }.Concat((records ?? new StoredRecord[0]).Select(Stored));
    }

    static string Stored(StoredRecord record)
    {
        object milliseconds = (long)(record.recordTime.ToUniversalTime() - Epoch).TotalMilliseconds;
        var own = new[] { record.recordID, record.globalTransactionID, record.service, record.eventType, milliseconds, record.code };
        return Joined(own.Concat((record.property ?? new Property[0]).Select(one => one.name + "=" + one.value)).ToArray());
    }

    static IEnumerable<string> Void(UsageLedgerService service, string[] words)
    {
        Adjustment done = service.voidUsageRecord(words[0], "auditor", "TEST", "sent twice");
        yield return Joined(done.recordID, done.actor, done.reasonCode, done.reason);
    }

    static string Joined(params object[] parts)
    {
        return string.Join("|", parts);
    }

    // ASMX clients get every fault as a SoapException; the typed one is what its detail deserialises to.
    static Schema.LedgerFault TypedFault(SoapException error)
    {
        var serializer = new XmlSerializer(typeof(Schema.LedgerFault));
        using (var reader = new XmlNodeReader(error.Detail.FirstChild))
            return (Schema.LedgerFault)serializer.Deserialize(reader);
    }

    static string Describe(Schema.LedgerFault fault)
    {
        string variables = string.Join(",", fault.variables ?? new string[0]);
        return "FAULT " + Joined(fault.messageID, fault.text, variables, fault.field);
    }

    static string Answer(UsageLedgerService service, string[] words)
    {
        try
        {
            return string.Join("\t", Commands[words[0]](service, words.Skip(1).ToArray()));
        }
        catch (SoapException error) when (error.Detail != null && error.Detail.HasChildNodes)
        {
            return Describe(TypedFault(error));
        }
    }

    static void Main(string[] arguments)
    {
        // The service serves its WSDL and takes its calls at one path.
        var service = new UsageLedgerService { Url = arguments[0].Split('?')[0] };
        var utf8 = new UTF8Encoding(false);
        using (var input = new StreamReader(Console.OpenStandardInput(), utf8))
        using (var output = new StreamWriter(Console.OpenStandardOutput(), utf8) { AutoFlush = true })
            for (string line = input.ReadLine(); line != null; line = input.ReadLine())
                output.WriteLine(Answer(service, line.Split('\t')));
    }
}
