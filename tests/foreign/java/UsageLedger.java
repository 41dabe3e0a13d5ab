import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.ws.Holder;
import service.usage.ledger.v1.LedgerFault;
import service.usage.ledger.v1.LedgerFault_Exception;
import service.usage.ledger.v1.NewRecord;
import service.usage.ledger.v1.Property;
import service.usage.ledger.v1.RecordFilter;
import service.usage.ledger.v1.StoredRecord;
import service.usage.ledger.v1.UsageLedgerService;
import service.usage.ledger.v1.Verdict;
import service.usage.ledger.v1.WriteMode;

/** Usage Ledger client on the classes that JAX-WS (wsimport) generates from the WSDL. */
final class UsageLedger {

    private interface Command {
        Stream<String> run(service.usage.ledger.v1.UsageLedger port, List<String> words) throws LedgerFault_Exception;
    }

    private static final Map<String, Command> COMMANDS = Map.of(
            "write", UsageLedger::write,
            "get", UsageLedger::get,
            "query", UsageLedger::query,
            "void", UsageLedger::voidRecord);

    private static Stream<String> write(service.usage.ledger.v1.UsageLedger port, List<String> words)
            throws LedgerFault_Exception {
        var records = words.stream().skip(1).map(UsageLedger::newRecord).collect(Collectors.toList());
        return port.writeUsageRecords(WriteMode.fromValue(words.get(0)), records).stream().map(UsageLedger::verdict);
    }

    private static NewRecord newRecord(String text) {
        var parts = text.split("\\|", -1);
        var record = new NewRecord();
        record.setGlobalTransactionID(parts[0]);
        record.setService(parts[1]);
        record.setEventType(parts[2]);
        record.setRecordTime(Long.parseLong(parts[3]));
        record.setCode(Integer.parseInt(parts[4]));
        record.setKey(parts[5].isEmpty() ? null : parts[5]);
        for (String part : Arrays.asList(parts).subList(6, parts.length)) {
            var property = new Property();
            property.setName(part.split("=", 2)[0]);
            property.setValue(part.split("=", 2)[1]);
            record.getProperty().add(property);
        }
        return record;
    }

    private static String verdict(Verdict verdict) {
        return joined(verdict.getStatus().value(), verdict.getRecordID(), verdict.getField(), verdict.getMessageID(),
                verdict.getReason());
    }

    private static Stream<String> get(service.usage.ledger.v1.UsageLedger port, List<String> words)
            throws LedgerFault_Exception {
        return Stream.of(stored(port.getUsageRecord(words.get(0))));
    }

    private static Stream<String> query(service.usage.ledger.v1.UsageLedger port, List<String> words)
            throws LedgerFault_Exception {
        var filter = new RecordFilter();
        filter.setService(words.get(0));
        var cursor = words.size() > 2 ? words.get(2) : null;
        var records = new Holder<List<StoredRecord>>();
        var next = new Holder<String>();
        port.queryUsageRecords(filter, null, null, Integer.valueOf(words.get(1)), cursor, records, next);
        return Stream.concat(Stream.of(joined(next.value)), records.value.stream().map(UsageLedger::stored));
    }

    private static String stored(StoredRecord record) {
        var milliseconds = record.getRecordTime().toGregorianCalendar().getTimeInMillis();
        var own = Stream.of(record.getRecordID(), record.getGlobalTransactionID(), record.getService(),
                record.getEventType(), milliseconds, record.getCode());
        var pairs = record.getProperty().stream().map(property -> property.getName() + "=" + property.getValue());
        return joined(Stream.concat(own, pairs).toArray());
    }

    private static Stream<String> voidRecord(service.usage.ledger.v1.UsageLedger port, List<String> words)
            throws LedgerFault_Exception {
        var done = port.voidUsageRecord(words.get(0), "auditor", "TEST", "sent twice");
        return Stream.of(joined(done.getRecordID(), done.getActor(), done.getReasonCode(), done.getReason()));
    }

    private static String joined(Object... parts) {
        return Arrays.stream(parts).map(part -> Objects.toString(part, "")).collect(Collectors.joining("|"));
    }

    private static String describe(LedgerFault fault) {
        var variables = String.join(",", fault.getVariables());
        return "FAULT " + joined(fault.getMessageID(), fault.getText(), variables, fault.getField());
    }

    private static String answer(service.usage.ledger.v1.UsageLedger port, String line) {
        var words = Arrays.asList(line.split("\t"));
        try {
            return COMMANDS.get(words.get(0)).run(port, words.subList(1, words.size())).collect(Collectors.joining("\t"));
        } catch (LedgerFault_Exception fault) {
            return describe(fault.getFaultInfo());
        }
    }

    public static void main(String[] words) throws Exception {
        var port = new UsageLedgerService(new URL(words[0])).getUsageLedger();
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            System.out.println(answer(port, line));
        }
    }
}
