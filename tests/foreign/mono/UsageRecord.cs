// Usage Record client on the classes that mono's `wsdl` (calls) and `xsd` (fault) generate from the contract.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Web.Services.Protocols;
using System.Xml;
using System.Xml.Serialization;

static class UsageRecord
{
    static readonly Dictionary<string, Func<UsageRecordService, string[], string>> Commands =
        new Dictionary<string, Func<UsageRecordService, string[], string>> { { "write", Write } };

    static string Write(UsageRecordService service, string[] arguments)
    {
        string[][] properties = arguments.Skip(5).Select(property => property.Split(new[] { '=' }, 2)).ToArray();
        var request = new writeUsageRecordRequest
        {
            globalTransactionID = arguments[0],
            service = arguments[1],
            eventType = arguments[2],
            recordTime = long.Parse(arguments[3]),
            code = int.Parse(arguments[4]),
            serviceAttributes = properties.Select(property => property[0]).ToArray(),
            serviceValues = properties.Where(property => property.Length == 2).Select(property => property[1]).ToArray(),
        };
        return service.writeUsageRecord(request).recordID;
    }

    // ASMX clients get every fault as a SoapException; the typed one is what its detail deserialises to.
    static Schema.WriteUsageRecordFault TypedFault(SoapException error)
    {
        var serializer = new XmlSerializer(typeof(Schema.WriteUsageRecordFault));
        using (var reader = new XmlNodeReader(error.Detail.FirstChild))
            return (Schema.WriteUsageRecordFault)serializer.Deserialize(reader);
    }

    static string Describe(Schema.WriteUsageRecordFault fault)
    {
        return "FAULT " + fault.messageID + "|" + fault.text + "|" + string.Join(",", fault.variables ?? new string[0]);
    }

    static void Main(string[] words)
    {
        Console.OutputEncoding = new UTF8Encoding(false);
        // The service serves its WSDL and takes its calls at one path.
        var service = new UsageRecordService { Url = words[0].Split('?')[0] };
        try
        {
            Console.WriteLine(Commands[words[1]](service, words.Skip(2).ToArray()));
        }
        catch (SoapException error) when (error.Detail != null && error.Detail.HasChildNodes)
        {
            Console.WriteLine(Describe(TypedFault(error)));
        }
    }
}
