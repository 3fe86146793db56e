using AttentionKernels.Attention.Variants;
using AttentionKernels.Bench;
using AttentionKernels.Problems;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Devices;

/// <summary>The shapes of a program's calls are counted, on every backend, and the benchmarks read what is written.</summary>
public class ShapeTraceTests(TestDevices devices) : DeviceTests(devices)
{
    [Theory, EachBackend]
    public void Attention_over_tensors_is_counted_by_its_shape(Backend backend)
    {
        AttentionDevice device = Device(backend);
        TensorShape prompt = [2, 5, 4, 16], step = [2, 1, 4, 16], key = [2, 9, 2, 16];
        using AttentionPlan<float> plan = device.PlanAttention(prompt, key, new SlidingWindowMask(6));
        using AttentionPlan<Half> half = device.PlanAttention(prompt, prompt, new NoMask(), new SoftCap(5f), NumberFormat.Float16);
        using Tensor<float> query = device.Allocate<float>(prompt), one = device.Allocate<float>(step), keys = device.Allocate<float>(key);
        using Tensor<Half> halves = device.Allocate<Half>(prompt);
        using Tensor<float> output = device.Allocate<float>(prompt), next = device.Allocate<float>(step);
        using Tensor<Half> result = device.Allocate<Half>(prompt);

        Trace(device, () =>
        {
            plan.Run(query, keys, keys, output);
            for (int run = 0; run < 3; run++)
                plan.Run(one, keys, keys, next);
            half.Run(halves, halves, halves, result);
        }).Should().Equal(
            "heads=4/2 queries=1 keys=9 dim=16 batch=2 mask=window:7 dtype=fp32 count=3",
            "heads=4/2 queries=5 keys=9 dim=16 batch=2 mask=window:7 dtype=fp32 count=1",
            "heads=4/4 queries=5 keys=5 dim=16 batch=2 mask=full dtype=fp16 count=1 # the modifier SoftCap is left out");
    }

    [Theory, EachBackend]
    public void So_are_ragged_sequences_by_the_means_of_their_lengths(Backend backend)
    {
        AttentionDevice device = Device(backend);
        var shape = new RaggedShape { Sequences = 3, Heads = 2, KeyValueHeads = 1, HeadDimension = 8, MaximumQueries = 4, MaximumKeys = 12 };
        using RaggedAttentionPlan<float> plan = device.PlanRaggedAttention(shape, new CausalMask());
        using Tensor<float> query = device.Allocate<float>([6, 2, 8]), key = device.Allocate<float>([21, 1, 8]), output = device.Allocate<float>([6, 2, 8]);

        Trace(device, () =>
        {
            // A sequence without queries is none.
            plan.Run(query, key, key, new RaggedLengths([3, 0, 3], [7, 7, 7]), output);
            plan.Run(query, key, key, new RaggedLengths([4, 1, 1], [12, 4, 5]), output);
        }).Should().Equal(
            "heads=2/1 queries=2 keys=7 dim=8 batch=3 mask=causal dtype=fp32 count=1 # lengths differed, these are means",
            "heads=2/1 queries=3 keys=7 dim=8 batch=2 mask=causal dtype=fp32 count=1");
    }

    [Theory, EachBackend]
    public void So_are_pages_and_keys_that_only_the_device_knows(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, new CacheOptions
        {
            Pages = 8,
            PageSize = 4,
            KeyValueHeads = 1,
            HeadDimension = 8,
            KeyFormat = NumberFormat.Int8,
        });
        using var table = new BlockTable(cache, sequences: 2, pagesPerSequence: 4);
        using Tensor<int> pages = device.Upload([0, 1, 2, 3, 4, 5, 6, 7], [2, 4]), lengths = device.Upload([13, 9], [2]);
        using var onDevice = new BlockTable(cache, pages, lengths);
        using PagedAttentionPlan<float> plan = device.PlanPagedAttention(table, heads: 2, maximumQueries: 1, new ChunkedMask(6));
        using PagedAttentionPlan<float> cascade = device.PlanCascadeAttention(table, heads: 2, maximumQueries: 1, new CausalMask());
        using PagedAttentionPlan<float> blind = device.PlanPagedAttention(onDevice, heads: 2, maximumQueries: 1, new CausalMask());
        using Tensor<float> query = device.Allocate<float>([2, 2, 8]), output = device.Allocate<float>([2, 2, 8]);
        table.Set(0, [0, 1, 2, 3], 13);
        table.Set(1, [4, 5, 6], 9);

        Trace(device, () =>
        {
            plan.Run(query, [1, 1], output);
            plan.Run(query.Slice(0, 0, 1), [0, 1], output.Slice(0, 0, 1));
            cascade.Run(query, [1, 1], output);
            blind.Run(query, [1, 1], output);
        }).Should().Equal(
            "heads=2/1 queries=1 keys=11 dim=8 batch=2 mask=causal pages=4 dtype=int8 count=1 # values are fp32; lengths differed, these are means; "
            + "tokens in common were attended to once",
            "heads=2/1 queries=1 keys=11 dim=8 batch=2 mask=chunked:6 pages=4 dtype=int8 count=1 # values are fp32; lengths differed, these are means",
            "heads=2/1 queries=1 keys=16 dim=8 batch=2 mask=causal pages=4 dtype=int8 count=1 # values are fp32; only the device knew the keys, "
            + "these are the most",
            "heads=2/1 queries=1 keys=9 dim=8 batch=1 mask=chunked:6 pages=4 dtype=int8 count=1 # values are fp32");
    }

    [Theory, EachBackend]
    public void So_are_quantised_tensors_norms_and_rotary_embedding(Backend backend)
    {
        AttentionDevice device = Device(backend);
        TensorShape shape = [1, 3, 2, 8];
        using QuantizedAttentionPlan<float> plan = device.PlanQuantizedAttention(
            shape, shape, new CausalMask(), NumberFormat.Float32, new QuantizedFormats(NumberFormat.Int8, NumberFormat.Int8));
        using Tensor<float> heads = device.Allocate<float>(shape), turned = device.Allocate<float>(shape);
        using Tensor<float> weight = device.Allocate<float>([16]), mean = device.Allocate<float>([16]);
        using Tensor<sbyte> stored = device.Upload(new sbyte[shape.ElementCount], shape);
        using Tensor<Half> halves = device.Allocate<Half>([3, 16]), normed = device.Allocate<Half>([3, 16]);
        using var table = new RotaryTable(device, 4, 8);
        TensorView<float> rows = heads.View.Reshape([3, 16]), output = turned.View.Reshape([3, 16]);

        Trace(device, () =>
        {
            plan.Run(heads, new QuantizedTensor(stored.View), new QuantizedTensor(stored.View), turned);
            device.RmsNorm(rows, weight, output);
            device.RmsNorm(rows, weight, output);
            device.LayerNorm(halves, weight.View, weight.View, normed, NumberFormat.Float16);
            device.BatchNormTraining(rows, new BatchNormChannels(weight, mean), output);
            device.Softmax(rows, output);
            device.RotaryEmbedding(heads, table, turned, RotaryStyle.Interleaved);
        }).Should().Equal(
            "op=RMSNorm rows=3 hidden=16 dtype=fp32 count=2",
            "# op=LayerNorm rows=3 hidden=16 dtype=fp16 count=1",
            "# op=Softmax rows=3 hidden=16 dtype=fp32 count=1",
            "heads=2/2 queries=3 keys=3 dim=8 batch=1 mask=causal dtype=int8 count=1",
            "op=BatchNorm-training rows=3 hidden=16 dtype=fp32 count=1",
            "op=rotary-interleaved tokens=3 heads=2 dim=8 dtype=fp32 count=1");
    }

    [Theory, EachBackend]
    public void Steps_of_decoding_that_are_about_as_long_are_one_shape(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using AttentionPlan<float> plan = device.PlanAttention([1, 9, 1, 8], [1, 9, 1, 8], new CausalMask());
        using Tensor<float> rows = device.Allocate<float>([1, 9, 1, 8]), output = device.Allocate<float>([1, 9, 1, 8]);

        Trace(device, () =>
        {
            for (int keys = 5; keys <= 9; keys++)
                plan.Run(rows.Slice(1, 0, 1), rows.Slice(1, 0, keys), rows.Slice(1, 0, keys), output.Slice(1, 0, 1));
            plan.Run(rows.View, rows, rows, output);
        }, keyStep: 8).Should().Equal(
            "heads=1/1 queries=1 keys=8 dim=8 batch=1 mask=causal dtype=fp32 count=4",
            "heads=1/1 queries=1 keys=16 dim=8 batch=1 mask=causal dtype=fp32 count=1",
            "heads=1/1 queries=9 keys=9 dim=8 batch=1 mask=causal dtype=fp32 count=1");
    }

    [Fact]
    public void Threads_count_together_and_only_the_first_call_of_a_shape_allocates()
    {
        const int Threads = 4, Runs = 200;
        using AttentionDevice device = AttentionDevice.Open(DeviceKind.Cpu);
        using Tensor<float> rows = device.Allocate<float>([2, 8]), weight = device.Allocate<float>([8]);
        long allocated = 0;

        Trace(device, () => Parallel.For(0, Threads, _ =>
        {
            using Tensor<float> output = device.Allocate<float>([2, 8]);
            for (int run = 0; run < Runs; run++)
                device.RmsNorm(rows, weight, output);
        })).Should().Equal($"op=RMSNorm rows=2 hidden=8 dtype=fp32 count={Threads * Runs}");

        using AttentionPlan<float> plan = device.PlanAttention([1, 2, 1, 8], [1, 2, 1, 8], new CausalMask());
        using Tensor<float> query = device.Allocate<float>([1, 2, 1, 8]), result = device.Allocate<float>([1, 2, 1, 8]);
        Trace(device, () =>
        {
            Run();
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int run = 0; run < Runs; run++)
                Run();
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }).Should().ContainSingle().Which.Should().EndWith($"count={Runs + 1}");
        long traced = allocated;
        long untraced = GC.GetAllocatedBytesForCurrentThread();
        for (int run = 0; run < Runs; run++)
            Run();
        untraced = GC.GetAllocatedBytesForCurrentThread() - untraced;
        traced.Should().Be(untraced);

        void Run() => plan.Run(query, query, query, result);
    }

    [Fact]
    public void One_trace_ends_before_the_next_and_nothing_is_counted_between()
    {
        using AttentionDevice device = AttentionDevice.Open(DeviceKind.Cpu);
        using Tensor<float> rows = device.Allocate<float>([2, 8]), weight = device.Allocate<float>([8]);
        var writer = new StringWriter();
        IDisposable first = device.TraceShapes(writer);

        device.Invoking(device => device.TraceShapes(TextWriter.Null)).Should().Throw<InvalidOperationException>().WithMessage("*traced already*");
        first.Dispose();
        string written = writer.ToString();
        device.RmsNorm(rows, weight, rows);
        using (device.TraceShapes(TextWriter.Null))
            first.Dispose();

        writer.ToString().Should().Be(written).And.StartWith("# Shapes of cpu:0 ");
        Trace(device, () => { }).Should().BeEmpty();
    }

    [Fact]
    public void What_there_is_no_word_for_is_said_and_what_it_lies_within_is_measured()
    {
        MaskWord.Of(new CausalMask(CausalAlignment.TopLeft)).Should().BeNull();
        MaskWord.Of(new SlidingWindowMask(3, 1)).Should().BeNull();
        MaskWord.Of(new SlidingWindowMask(SlidingWindowMask.Unlimited)).Should().Be("causal");
        MaskWord.Of(new SlidingWindowMask(0)).Should().Be("window:1");
        MaskWord.Around(new SlidingWindowMask(3, 1).And(new CausalMask())).Should().Be("causal");
        MaskWord.Around(new ChunkedMask(4).And(new CausalMask())).Should().Be("chunked:4");
        MaskWord.Around(new CausalMask().Or(new ChunkedMask(4))).Should().Be("full");

        using AttentionDevice device = AttentionDevice.Open(DeviceKind.Cpu);
        using Tensor<int> offsets = device.Upload([0, 2], [2]);
        using AttentionPlan<float> plan = device.PlanAttention([1, 2, 1, 8], [1, 2, 1, 8], new CausalMask().And(new DocumentMask(offsets)));
        using Tensor<float> query = device.Allocate<float>([1, 2, 1, 8]), output = device.Allocate<float>([1, 2, 1, 8]);
        Trace(device, () => plan.Run(query, query, query, output)).Should().Equal(
            "heads=1/1 queries=2 keys=2 dim=8 batch=1 mask=causal dtype=fp32 count=1 # the mask is AndMask<CausalMask, DocumentMask>");
    }

    [Fact]
    public void The_benchmarks_have_the_same_words() =>
        DataType.All.Select(type => (type.Format, type.Name)).Should().Equal(NumberFormat.All.Select(format => (format, format.Word)));

    // The lines but for the first, which is of the device; each is one that the benchmarks read, or a comment.
    private static string[] Trace(AttentionDevice device, Action run, int keyStep = 1)
    {
        var writer = new StringWriter();
        using (device.TraceShapes(writer, keyStep))
            run();
        string[] lines = [.. writer.ToString().ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..]];
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(file, lines);
            if (lines.Any(line => line[0] != '#'))
                ReplayFile.Read(new FileInfo(file)).Should().NotBeEmpty();
        }
        finally
        {
            File.Delete(file);
        }

        return lines;
    }
}
