import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.serialization.SimpleStringEncoder;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.file.sink.FileSink;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.functions.sink.filesystem.bucketassigners.BasePathBucketAssigner;
import org.apache.flink.streaming.api.functions.sink.filesystem.rollingpolicies.OnCheckpointRollingPolicy;
import org.apache.flink.util.Collector;
import org.apache.flink.util.ParameterTool;

/**
 * Counts and sums the numbers 0, 1, 2, ... by their remainder, and writes a line for each number:
 * {@code key,number,count,sum}. Count and sum are keyed state, so a line proves all lines before it.
 */
public final class FlinkCounts {
    private FlinkCounts() {}

    public static void main(String[] arguments) throws Exception {
        ParameterTool options = ParameterTool.fromArgs(arguments);
        long keys = options.getLong("keys", 7);
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
        DataGeneratorSource<Long> numbers =
                new DataGeneratorSource<>(
                        number -> number,
                        options.getLong("count", Long.MAX_VALUE),
                        RateLimiterStrategy.perSecond(options.getDouble("rate", 100)),
                        Types.LONG);
        FileSink<String> files =
                FileSink.forRowFormat(
                                new org.apache.flink.core.fs.Path(options.getRequired("out")),
                                new SimpleStringEncoder<String>("UTF-8"))
                        .withRollingPolicy(OnCheckpointRollingPolicy.build())
                        .withBucketAssigner(new BasePathBucketAssigner<>())
                        .build();
        // One reader, so that what was read is always a prefix of the sequence; the rest scales. Every operator
        // has a name for its state of its own, so that a changed job still finds it.
        environment
                .fromSource(numbers, WatermarkStrategy.noWatermarks(), "numbers")
                .setParallelism(1)
                .uid("numbers")
                .keyBy(number -> number % keys)
                .process(new Count(options))
                .uid("counts")
                .sinkTo(files)
                .uid("files");
        environment.execute("flink-counts");
    }

    private static final class Count extends KeyedProcessFunction<Long, Long, String>
            implements CheckpointedFunction {
        private static final long serialVersionUID = 1L;

        private final long openMillis;
        private final long snapshotMillis;
        private final long failAt;
        private final String snapshotFailsWhile;
        private transient ValueState<Long> count;
        private transient ValueState<Long> sum;

        Count(ParameterTool options) {
            openMillis = options.getLong("test-open-millis", 0);
            snapshotMillis = options.getLong("test-snapshot-millis", 0);
            failAt = options.getLong("test-fail-at", -1);
            snapshotFailsWhile = options.get("test-snapshot-fails-while", "");
        }

        @Override
        public void open(OpenContext context) throws Exception {
            Thread.sleep(openMillis);
            count = getRuntimeContext().getState(new ValueStateDescriptor<>("count", Types.LONG));
            sum = getRuntimeContext().getState(new ValueStateDescriptor<>("sum", Types.LONG));
        }

        @Override
        public void processElement(Long number, Context context, Collector<String> out) throws Exception {
            if (number == failAt) {
                throw new IllegalStateException("told to fail at " + number);
            }
            count.update(orZero(count.value()) + 1);
            sum.update(orZero(sum.value()) + number);
            out.collect(context.getCurrentKey() + "," + number + "," + count.value() + "," + sum.value());
        }

        @Override
        public void snapshotState(FunctionSnapshotContext context) throws Exception {
            Thread.sleep(snapshotMillis);
            if (!snapshotFailsWhile.isEmpty() && Files.exists(Path.of(snapshotFailsWhile))) {
                throw new IllegalStateException("told to fail while snapshotting");
            }
        }

        @Override
        public void initializeState(FunctionInitializationContext context) {}

        private static long orZero(Long value) {
            return value == null ? 0 : value;
        }
    }
}
