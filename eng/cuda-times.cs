#:project ../src/AttentionKernels/AttentionKernels.csproj
#:property PublishAot=false

// Measures on a real NVIDIA GPU and writes the table of docs/cuda.md: dotnet run -c Release eng/cuda-times.cs
// With names, as in "Prefill, fp16, D = 128, causal", it measures these alone and prints them: what a profiler is given.

using System.Diagnostics;
using System.Globalization;
using AttentionKernels;
using ILGPU.Runtime;

const string Begin = "<!-- times -->\n";
const string End = "<!-- end of times -->\n";

var causal = new CausalMask();
var fp32 = new Stored<float>(NumberFormat.Float32, number => number);
var fp16 = new Stored<Half>(NumberFormat.Float16, number => (Half)number);
var bf16 = new Stored<BFloat16>(NumberFormat.BFloat16, number => (BFloat16)number);

// What is measured prepares its tensors and says what one run computes and moves.
(string Name, Func<AttentionDevice, Measured> Prepare)[] operations =
[
    ("Copy of 1 GiB", Copy),
    ("Prefill, fp16, D = 64, causal", device => Prefill(device, fp16, new(4, 32, 32, 4096, 64), causal)),
    ("Prefill, fp16, D = 64, full", device => Prefill(device, fp16, new(4, 32, 32, 4096, 64), new NoMask())),
    ("Prefill, fp16, D = 128, causal", device => Prefill(device, fp16, new(4, 16, 16, 4096, 128), causal)),
    ("Prefill, fp16, D = 128, full", device => Prefill(device, fp16, new(4, 16, 16, 4096, 128), new NoMask())),
    ("Prefill, fp16, D = 256, causal", device => Prefill(device, fp16, new(4, 8, 8, 4096, 256), causal)),
    ("Prefill, fp16, D = 256, full", device => Prefill(device, fp16, new(4, 8, 8, 4096, 256), new NoMask())),
    ("Prefill, bf16, D = 128, causal", device => Prefill(device, bf16, new(4, 16, 16, 4096, 128), causal)),
    ("Prefill, fp16, D = 128, 16384 tokens, causal", device => Prefill(device, fp16, new(1, 16, 16, 16384, 128), causal)),
    ("Prefill, fp16, D = 128, 32 × 512 tokens, causal", device => Prefill(device, fp16, new(32, 16, 16, 512, 128), causal)),
    ("Prefill, fp16, D = 128, heads 32/8, causal", device => Prefill(device, fp16, new(2, 32, 8, 4096, 128), causal)),
    ("Prefill, fp16 pages, D = 128, heads 32/8, causal", device => Paged(device, fp16, NumberFormat.Float16, 2, 4096, 4096)),
    ("Prefill, fp32, D = 64, causal", device => Prefill(device, fp32, new(2, 32, 32, 2048, 64), causal)),
    ("Prefill, fp32, D = 128, causal", device => Prefill(device, fp32, new(2, 16, 16, 2048, 128), causal)),
    ("Prefill, fp16 without tensor cores, D = 128, causal",
        device => Prefill(device, fp16, new(2, 16, 16, 2048, 128), causal, KernelSchedule.Simt)),
    ("Prefill, fp16 of int8 pages, D = 128, heads 32/8, causal", device => Paged(device, fp16, NumberFormat.Int8, 2, 4096, 4096)),
    ("Prefill, fp32 of int8 pages, D = 128, heads 32/8, causal", device => Paged(device, fp32, NumberFormat.Int8, 2, 2048, 2048)),
    ("Decode, fp32", device => Decode(device, fp32, new(16, 32, 8, 8192, 128))),
    ("Decode, fp16", device => Decode(device, fp16, new(16, 32, 8, 8192, 128))),
    ("Decode, fp16, heads 32/32", device => Decode(device, fp16, new(16, 32, 32, 2048, 128))),
    ("Decode, fp16 without tensor cores", device => Decode(device, fp16, new(16, 32, 8, 8192, 128), KernelSchedule.Simt)),
    ("Decode, fp16, one sequence of 32768", device => Decode(device, fp16, new(1, 32, 8, 32768, 128))),
    ("Decode, fp16, one sequence of 1024", device => Decode(device, fp16, new(1, 32, 8, 1024, 128))),
    ("Decode, fp32 of fp32 pages", device => Paged(device, fp32, NumberFormat.Float32, 16, 1, 8192)),
    ("Decode, fp16 of fp16 pages", device => Paged(device, fp16, NumberFormat.Float16, 16, 1, 8192)),
    ("Decode, fp16 of int8 pages", device => Paged(device, fp16, NumberFormat.Int8, 16, 1, 8192)),
    ("Decode, fp16 of fp8 pages", device => Paged(device, fp16, NumberFormat.Float8E4M3, 16, 1, 8192)),
    ("Decode, fp16 of int4 pages", device => Paged(device, fp16, NumberFormat.Int4, 16, 1, 8192)),
    ("Decode, fp32 of fp16 pages", device => Paged(device, fp32, NumberFormat.Float16, 16, 1, 8192)),
    ("Decode, fp32 of int8 pages", device => Paged(device, fp32, NumberFormat.Int8, 16, 1, 8192)),
    ("Append, fp32 to fp16 pages, 16384 tokens", device => Append(device, NumberFormat.Float16)),
    ("Append, fp32 to int8 pages, 16384 tokens", device => Append(device, NumberFormat.Int8)),
    ("RMSNorm, 16384 × 4096", device => Rows(device, (x, w, y) => device.RmsNorm(x, w, y))),
    ("LayerNorm, 16384 × 4096", device => Rows(device, (x, w, y) => device.LayerNorm(x, w, w, y))),
    ("Rotary embedding, 16384 tokens of 32 heads", Rotate),
    ("Linear, fp32, 4096 tokens, 4096 × 4096", device => Multiply(device, 4096)),
    ("Linear, fp32, one token, 4096 × 4096", device => Multiply(device, 1)),
    ("Linear, fp32, 8 tokens, 4096 × 4096", device => Multiply(device, 8)),
    ("RMSNorm, 1 × 64: a launch", Launch),
];

using AttentionDevice device = AttentionDevice.Open("cuda:0");
string[] lines =
[
    "| Operation | Time | Rate | Schedule |",
    "|---|---|---|---|",
    .. operations.Where(operation => args.Length == 0 || args.Contains(operation.Name))
        .Select(operation => Line(device, operation.Name, operation.Prepare)),
];
if (args.Length > 0)
    return;
string path = Path.GetFullPath("docs/cuda.md");
string document = File.ReadAllText(path);
int begin = document.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
int end = document.IndexOf(End, StringComparison.Ordinal);
string machine = $"{device.Description.Name}, {device.Description.Driver}, {DateTime.UtcNow:yyyy-MM-dd}:\n\n";
File.WriteAllText(path, $"{document[..begin]}{machine}{string.Concat(lines.Select(line => line + "\n"))}{document[end..]}");

static string Line(AttentionDevice device, string name, Func<AttentionDevice, Measured> prepare)
{
    string line;
    try
    {
        using Measured measured = prepare(device);
        double seconds = Median(device, measured.Run);
        string rate = measured.Operations > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{measured.Operations / seconds / 1e12:F1} TFLOP/s")
            : measured.Bytes > 0 ? string.Create(CultureInfo.InvariantCulture, $"{measured.Bytes / seconds / 1e9:F0} GB/s") : "–";
        line = string.Create(CultureInfo.InvariantCulture, $"| {name} | {seconds * 1e6:F1} µs | {rate} | {measured.Schedule} |");
    }
    catch (Exception failure)
    {
        line = $"| {name} | {failure.GetType().Name}: {failure.Message.ReplaceLineEndings(" ")} | | |";
    }

    Console.WriteLine(line);
    return line;
}

// The median of seven samples, each of runs that are queued one behind the other for 20 ms, so that the queue hides what a launch costs.
static double Median(AttentionDevice device, Action run)
{
    const int WarmUps = 3;
    const int Samples = 7;
    const double SampleSeconds = 0.02;

    double Sample(int runs)
    {
        long begin = Stopwatch.GetTimestamp();
        for (int count = 0; count < runs; count++)
            run();
        device.Synchronize();
        return Stopwatch.GetElapsedTime(begin).TotalSeconds / runs;
    }

    Sample(WarmUps);
    int runs = Math.Clamp((int)(SampleSeconds / Sample(WarmUps)), 1, 5000);
    double[] seconds = [.. Enumerable.Range(0, Samples).Select(_ => Sample(runs)).Order()];
    return seconds[Samples / 2];
}

// Seeded numbers, one block of them again and again.
static T[] Numbers<T>(long count, Stored<T> format)
    where T : unmanaged
{
    var random = new Random(1);
    T[] block = [.. Enumerable.Range(0, 1 << 16).Select(_ => format.Narrow((2 * random.NextSingle()) - 1))];
    var numbers = new T[count];
    for (long begin = 0; begin < count; begin += block.Length)
        Array.Copy(block, 0, numbers, begin, Math.Min(block.Length, count - begin));
    return numbers;
}

static float[] Floats(long count) => Numbers(count, new Stored<float>(NumberFormat.Float32, number => number));

static double Bytes(NumberFormat format) => format == NumberFormat.Float32 ? 4
    : format == NumberFormat.Float16 || format == NumberFormat.BFloat16 ? 2
    : format == NumberFormat.Int4 ? 0.5
    : 1;

static Measured Copy(AttentionDevice device)
{
    const int Count = 1 << 28;
    var source = device.Accelerator.Allocate1D<float>(Count);
    var target = device.Accelerator.Allocate1D<float>(Count);
    source.View.BaseView.CopyFromCPU(Floats(Count));
    return new(() => source.View.BaseView.CopyTo(device.DefaultStream, target.View.BaseView), source, target) { Bytes = 8L * Count };
}

static Measured Prefill<T, TMask>(AttentionDevice device, Stored<T> format, Sizes sizes, TMask mask, KernelSchedule? schedule = null)
    where T : unmanaged
    where TMask : unmanaged, IMask<TMask>
{
    TensorShape shape = [sizes.Batch, sizes.Tokens, sizes.Heads, sizes.HeadDimension];
    TensorShape keyShape = [sizes.Batch, sizes.Tokens, sizes.KeyValueHeads, sizes.HeadDimension];
    Tensor<T> query = device.Upload(Numbers(shape.ElementCount, format), shape);
    Tensor<T> key = device.Upload(Numbers(keyShape.ElementCount, format), keyShape);
    Tensor<T> value = device.Upload(Numbers(keyShape.ElementCount, format), keyShape);
    Tensor<T> output = device.Allocate<T>(shape);
    AttentionPlan<T> plan = device.PlanAttention(shape, keyShape, mask, format.Format, new AttentionOptions { Schedule = schedule });
    double pairs = (double)sizes.Batch * sizes.Heads * sizes.Tokens * (mask is CausalMask ? (sizes.Tokens + 1) / 2.0 : sizes.Tokens);
    return new(() => plan.Run(query, key, value, output), plan, output, value, key, query)
    {
        Operations = 4 * pairs * sizes.HeadDimension,
        Schedule = plan.Schedule.ToString(),
    };
}

static Measured Decode<T>(AttentionDevice device, Stored<T> format, Sizes sizes, KernelSchedule? schedule = null)
    where T : unmanaged
{
    TensorShape shape = [sizes.Batch, 1, sizes.Heads, sizes.HeadDimension];
    TensorShape keyShape = [sizes.Batch, sizes.Tokens, sizes.KeyValueHeads, sizes.HeadDimension];
    T[] numbers = Numbers(keyShape.ElementCount, format);
    Tensor<T> query = device.Upload(Numbers(shape.ElementCount, format), shape);
    Tensor<T> key = device.Upload(numbers, keyShape);
    Tensor<T> value = device.Upload(numbers, keyShape);
    Tensor<T> output = device.Allocate<T>(shape);
    AttentionPlan<T> plan = device.PlanAttention(
        shape, keyShape, new CausalMask(), format.Format, new AttentionOptions { Schedule = schedule });
    return new(() => plan.Run(query, key, value, output), plan, output, value, key, query)
    {
        Bytes = 2.0 * keyShape.ElementCount * Bytes(format.Format),
        Schedule = plan.Schedule.ToString(),
    };
}

// 32 heads over 8 of dimension 128, pages of 16 tokens in shuffled order.
static Measured Paged<T>(AttentionDevice device, Stored<T> format, NumberFormat pages, int sequences, int queries, int keys)
    where T : unmanaged
{
    const int Heads = 32;
    (PagedKeyValueCache cache, Tensor<float> rows, Tensor<long> slots) = Cache(device, pages, sequences * keys);
    int pagesPerSequence = keys / cache.Options.PageSize;
    var table = new BlockTable(cache, sequences, pagesPerSequence);
    int[] shuffled = Shuffled(sequences * pagesPerSequence);
    for (int sequence = 0; sequence < sequences; sequence++)
        table.Set(sequence, shuffled.AsSpan(sequence * pagesPerSequence, pagesPerSequence), keys);
    TensorShape shape = [sequences * queries, Heads, cache.Options.HeadDimension];
    Tensor<T> query = device.Upload(Numbers(shape.ElementCount, format), shape);
    Tensor<T> output = device.Allocate<T>(shape);
    PagedAttentionPlan<T> plan = device.PlanPagedAttention(table, Heads, queries, new CausalMask(), new NoModifier(), format.Format);
    int[] lengths = [.. Enumerable.Repeat(queries, sequences)];
    double numbers = (double)sequences * keys * cache.Options.KeyValueHeads * cache.Options.HeadDimension;
    return new(() => plan.Run(query, lengths, output), plan, output, query, table, slots, rows, cache)
    {
        Operations = queries > 1 ? 4.0 * sequences * Heads * queries * ((queries + 1) / 2.0) * cache.Options.HeadDimension : 0,
        Bytes = 2 * numbers * Bytes(pages),
        Schedule = plan.Schedule.ToString(),
    };
}

static Measured Append(AttentionDevice device, NumberFormat pages)
{
    const int Tokens = 16384;
    (PagedKeyValueCache cache, Tensor<float> rows, Tensor<long> slots) = Cache(device, pages, Tokens);
    double numbers = 2.0 * Tokens * cache.Options.KeyValueHeads * cache.Options.HeadDimension;
    return new(() => cache.Append(rows, rows, slots), slots, rows, cache) { Bytes = numbers * (sizeof(float) + Bytes(pages)) };
}

// A cache with so many tokens, a prompt of random rows again and again; the last prompt's rows and slots.
static (PagedKeyValueCache Cache, Tensor<float> Rows, Tensor<long> Slots) Cache(AttentionDevice device, NumberFormat pages, int tokens)
{
    const int Prompt = 16384;
    const int PageSize = 16;
    var cache = new PagedKeyValueCache(device, new CacheOptions
    {
        Pages = tokens / PageSize,
        PageSize = PageSize,
        KeyValueHeads = 8,
        HeadDimension = 128,
        KeyFormat = pages,
        ValueFormat = pages,
    });
    int[] shuffled = Shuffled(cache.Options.Pages);
    int atOnce = Math.Min(tokens, Prompt);
    TensorShape shape = [atOnce, cache.Options.KeyValueHeads, cache.Options.HeadDimension];
    Tensor<float> rows = device.Upload(Floats(shape.ElementCount), shape);
    Tensor<long> slots = device.Allocate<long>([atOnce]);
    for (int first = 0; first < tokens; first += atOnce)
    {
        slots.CopyFrom(
            [.. Enumerable.Range(first, atOnce).Select(token => ((long)shuffled[token / PageSize] * PageSize) + (token % PageSize))]);
        cache.Append(rows, rows, slots);
    }

    return (cache, rows, slots);
}

static int[] Shuffled(int count)
{
    int[] numbers = [.. Enumerable.Range(0, count)];
    new Random(2).Shuffle(numbers);
    return numbers;
}

static Measured Rows(AttentionDevice device, Action<TensorView<float>, TensorView<float>, TensorView<float>> run)
{
    TensorShape shape = [16384, 4096];
    Tensor<float> input = device.Upload(Floats(shape.ElementCount), shape);
    Tensor<float> weight = device.Upload(Floats(shape[1]), [shape[1]]);
    Tensor<float> output = device.Allocate<float>(shape);
    return new(() => run(input, weight, output), input, weight, output) { Bytes = 8.0 * shape.ElementCount };
}

static Measured Rotate(AttentionDevice device)
{
    TensorShape shape = [4, 4096, 32, 128];
    Tensor<float> input = device.Upload(Floats(shape.ElementCount), shape);
    Tensor<float> output = device.Allocate<float>(shape);
    var table = new RotaryTable(device, 4096, 128);
    return new(() => device.RotaryEmbedding(input, table, output, RotaryStyle.HalfSplit), input, output, table)
    {
        Bytes = 8.0 * shape.ElementCount,
    };
}

static Measured Multiply(AttentionDevice device, int tokens)
{
    const int Columns = 4096;
    Tensor<float> input = device.Upload(Floats(tokens * Columns), [tokens, Columns]);
    Tensor<float> weight = device.Upload(Floats(Columns * Columns), [Columns, Columns]);
    Tensor<float> output = device.Allocate<float>([tokens, Columns]);
    return new(() => device.Linear(input, weight, output), input, weight, output)
    {
        Operations = tokens > 32 ? 2.0 * tokens * Columns * Columns : 0,
        Bytes = 4.0 * Columns * Columns,
    };
}

static Measured Launch(AttentionDevice device)
{
    Tensor<float> rows = device.Upload(Floats(64), [1, 64]);
    Tensor<float> weight = device.Upload(Floats(64), [64]);
    return new(() => device.RmsNorm(rows, weight, rows), rows, weight);
}

// What a run computes, or else the bytes that it has to move, and who owns what.
internal sealed class Measured(Action run, params IDisposable[] owned) : IDisposable
{
    public Action Run { get; } = run;

    public double Operations { get; init; }

    public double Bytes { get; init; }

    public string Schedule { get; init; } = "–";

    public void Dispose() => Array.ForEach(owned, one => one.Dispose());
}

internal readonly record struct Sizes(int Batch, int Heads, int KeyValueHeads, int Tokens, int HeadDimension);

internal readonly record struct Stored<T>(NumberFormat<T> Format, Converter<float, T> Narrow)
    where T : unmanaged;
