import com.ibm.schema.twss.userec.v2_0.local.WriteUsageRecordRequest;
import com.ibm.schema.twss.userec.v2_0.local.WriteUsageRecordResponse;
import com.ibm.wsdl.twss.userec.v2_0.service.UsageRecordInterface;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import javax.jws.WebService;
import javax.sql.DataSource;
import javax.xml.ws.WebServiceException;

/** Stores each record with one statement, which is its own transaction. */
@WebService(
        endpointInterface = "com.ibm.wsdl.twss.userec.v2_0.service.UsageRecordInterface",
        targetNamespace = "http://www.ibm.com/wsdl/twss/userec/v2_0/service",
        serviceName = "UsageRecordService",
        portName = "UsageRecord")
public final class UsageRecordPort implements UsageRecordInterface {

    private static final String INSERT =
            "WITH record AS ("
                    + " INSERT INTO usage_record (record_id, received_at, record_time, code, global_transaction_id,"
                    + "  service, event_type, host, source) VALUES (?, ?, ?, ?, ?, ?, ?, 'java', 'soap')"
                    + " RETURNING record_id)"
                    + "INSERT INTO usage_property (record_id, position, name, value)"
                    + " SELECT record_id, position - 1, name, value"
                    + " FROM record, unnest(?::text[], ?::text[]) WITH ORDINALITY AS p (name, value, position)";

    private final DataSource database;

    UsageRecordPort(DataSource database) {
        this.database = database;
    }

    @Override
    public WriteUsageRecordResponse writeUsageRecord(WriteUsageRecordRequest request) {
        var id = newRecordId();
        try (Connection connection = database.getConnection();
                PreparedStatement insert = connection.prepareStatement(INSERT)) {
            insert.setObject(1, id);
            insert.setObject(2, OffsetDateTime.now(ZoneOffset.UTC));
            insert.setObject(3, Instant.ofEpochMilli(request.getRecordTime()).atOffset(ZoneOffset.UTC));
            insert.setInt(4, request.getCode());
            insert.setString(5, request.getGlobalTransactionID());
            insert.setString(6, request.getService());
            insert.setString(7, request.getEventType());
            insert.setArray(8, texts(connection, request.getServiceAttributes()));
            insert.setArray(9, texts(connection, request.getServiceValues()));
            insert.executeUpdate();
        } catch (SQLException error) {
            throw new WebServiceException("not stored", error);
        }
        var response = new WriteUsageRecordResponse();
        response.setRecordID(id.toString());
        return response;
    }

    private static java.sql.Array texts(Connection connection, List<String> values) throws SQLException {
        return connection.createArrayOf("text", values.toArray());
    }

    /** UUIDv7 (RFC 9562). */
    private static UUID newRecordId() {
        var random = ThreadLocalRandom.current();
        long head = System.currentTimeMillis() << 16 | 0x7000 | random.nextInt(0x1000);
        return new UUID(head, random.nextLong() & 0x3fffffffffffffffL | 0x8000000000000000L);
    }
}
