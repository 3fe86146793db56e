#:project ../src/AttentionKernels/AttentionKernels.csproj
#:property PublishAot=false

// Writes the table of docs/cuda.md that the emulated CUDA driver counts, with its folder in LD_LIBRARY_PATH:
// dotnet run -c Release eng/cuda-counters.cs
// With --verify it fails where the table is another, where shared memory of TensorCore attention has bank conflicts, or where loads of
// decoding are not coalesced. The driver writes its counters when a process ends, so that each operation has a process of its own: this
// program, with its name.

using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using AttentionKernels;

const string Begin = "<!-- counters -->\n";
const string End = "<!-- end of counters -->\n";

// Work groups that append the pages' tokens, and bytes that merging declares.
const int Appending = 250;
const long Merging = 1024;

// Percent of the sectors that loads touch.
const int LeastCoalescing = 95;

// The kernel of an operation: its name, and what tells it from others of its process, by work groups and bytes of shared memory that it
// declares.
(string Name, Action<AttentionDevice> Run, Func<int, long, bool> Is)[] operations =
[
    ("Prefill, fp16", device => Prefill(device, NumberFormat.Float16, number => (Half)number), (_, _) => true),
    ("Prefill, fp32", device => Prefill(device, NumberFormat.Float32, number => number), (_, _) => true),
    ("Prefill, fp16 over fp16 pages", device => Pages(device, NumberFormat.Float16, PrefillOfPages), AttendsToPages),
    ("Prefill, fp16 over int8 pages", device => Pages(device, NumberFormat.Int8, PrefillOfPages), AttendsToPages),
    ("Decode, fp32 over fp32 pages, Simt", DecodeOf(NumberFormat.Float32, KernelSchedule.Simt), AttendsToPages),
    ("Decode, fp32 over fp16 pages, Simt", DecodeOf(NumberFormat.Float16, KernelSchedule.Simt), AttendsToPages),
    ("Decode, fp32 over int8 pages, Simt", DecodeOf(NumberFormat.Int8, KernelSchedule.Simt), AttendsToPages),
    ("Decode, fp32 over fp16 pages, TensorCore", DecodeOf(NumberFormat.Float16, KernelSchedule.TensorCore), AttendsToPages),
    ("Decode, fp32 over int8 pages, TensorCore", DecodeOf(NumberFormat.Int8, KernelSchedule.TensorCore), AttendsToPages),
    ("Merge of splits", DecodeOf(NumberFormat.Float32, KernelSchedule.Simt), (groups, shared) => groups < Appending && shared == Merging),
    ("Append, fp32", device => Pages(device, NumberFormat.Float32, attend: null), (_, _) => true),
    ("Append, int8", device => Pages(device, NumberFormat.Int8, attend: null), (_, _) => true),
    ("RMSNorm", device => Norm(device, (x, w, y) => device.RmsNorm(x, w, y)), (_, _) => true),
    ("LayerNorm", device => Norm(device, (x, w, y) => device.LayerNorm(x, w, w, y)), (_, _) => true),
    ("Rotary embedding", Rotate, (_, _) => true),
    ("Linear, one token", device => Multiply(device, 1), (_, _) => true),
    ("Linear, 128 tokens", device => Multiply(device, 128), (_, _) => true),
];

const string Verify = "--verify";
if (args is [not Verify and string wanted])
{
    using AttentionDevice device = AttentionDevice.Open("cuda:0");
    operations.Single(operation => operation.Name == wanted).Run(device);
    device.Synchronize();
    return 0;
}

string[] lines =
[
    "| Kernel | Instructions of warps | For a KiB | Coalescing: loads / stores | Bank conflicts: loads / stores |",
    "|---|---|---|---|---|",
    .. operations.Select(operation => Line(operation.Name, Count(operation.Name), operation.Is)),
];
string path = Path.GetFullPath("docs/cuda.md");
string document = File.ReadAllText(path);
int begin = document.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
int end = document.IndexOf(End, StringComparison.Ordinal);
string table = string.Concat(lines.Select(line => line + "\n"));
if (args is not [Verify])
{
    File.WriteAllText(path, $"{document[..begin]}{table}{document[end..]}");
    return 0;
}

string[] faults =
[
    .. document[begin..end] == table ? (string[])[] : [$"{path} has another table than{Environment.NewLine}{table}"],
    .. lines.Where(line => line.StartsWith("| Prefill, fp16", StringComparison.Ordinal))
        .Where(line => !line.EndsWith("| 1.00 / 1.00 |", StringComparison.Ordinal))
        .Select(line => $"There are bank conflicts: {line}"),
    .. lines.Where(line => line.StartsWith("| Decode", StringComparison.Ordinal) && Number(line, "([0-9]+) %") < LeastCoalescing)
        .Select(line => $"Of loads less than {LeastCoalescing} % is needed: {line}"),
];
foreach (string fault in faults)
    Console.Error.WriteLine(fault);
return faults.Length == 0 ? 0 : 1;

static string Count(string operation)
{
    string file = Path.GetTempFileName();
    var start = new ProcessStartInfo(Environment.ProcessPath!, [operation]) { Environment = { ["EMUCUDA_STATS"] = file } };
    using Process process = Process.Start(start)!;
    process.WaitForExit();
    string counters = File.ReadAllText(file);
    File.Delete(file);
    return process.ExitCode == 0 && counters.Length > 0
        ? counters
        : throw new InvalidOperationException($"{operation} was not counted: LD_LIBRARY_PATH has no emulated driver, or it failed.");
}

static string Line(string name, string counters, Func<int, long, bool> isIt)
{
    string kernel = counters.Split("\nkernel ").Skip(1).Single(text =>
        isIt((int)Number(text, "blocks ([0-9]+)"), (long)Number(text, "shared ([0-9]+)")));
    double instructions = Number(kernel, "warp-instructions ([0-9]+)");
    double sectors = Regex.Matches(kernel, "needed ([0-9]+)").Sum(match => Parse(match.Groups[1].Value));
    string loads = $"{Efficiency(kernel, "ldg|cp\\.async")} / {Efficiency(kernel, "stg")}";
    string banks = $"{Conflicts(kernel, "lds|ldmatrix")} / {Conflicts(kernel, "sts|cp\\.async")}";
    return string.Create(
        CultureInfo.InvariantCulture,
        $"| {name} | {instructions / 1000:N0} K | {instructions / (sectors * 32 / 1024):N0} | {loads} | {banks} |");
}

// The sectors that a kind of access needs, of those that it touches.
static string Efficiency(string kernel, string kind)
{
    double touched = Sum(kernel, kind, "sectors ([0-9]+)");
    return touched > 0 ? string.Create(CultureInfo.InvariantCulture, $"{100 * Sum(kernel, kind, "needed ([0-9]+)") / touched:F0} %") : "–";
}

// Accesses to shared memory, of those that there were without conflicts.
static string Conflicts(string kernel, string kind)
{
    double least = Sum(kernel, kind, "without conflicts ([0-9]+)");
    return least > 0 ? string.Create(CultureInfo.InvariantCulture, $"{Sum(kernel, kind, "wavefronts ([0-9]+)") / least:F2}") : "–";
}

static double Sum(string kernel, string kind, string pattern) =>
    kernel.Split('\n').Where(line => Regex.IsMatch(line, $"^  ({kind}) ")).Sum(line => Number(line, pattern));

static double Number(string text, string pattern) =>
    Regex.Match(text, pattern) is { Success: true } match ? Parse(match.Groups[1].Value) : 0;

// Attention over pages, and neither what appended to them before nor what merges its splits.
static bool AttendsToPages(int groups, long shared) => groups < Appending && shared != Merging;

static double Parse(string number) => double.Parse(number, CultureInfo.InvariantCulture);

static float[] Numbers(long count)
{
    var random = new Random(1);
    return [.. Enumerable.Range(0, (int)count).Select(_ => (2 * random.NextSingle()) - 1)];
}

static void Prefill<T>(AttentionDevice device, NumberFormat<T> format, Converter<float, T> narrow)
    where T : unmanaged
{
    TensorShape shape = [1, 512, 2, 128];
    using Tensor<T> rows = device.Upload(Array.ConvertAll(Numbers(shape.ElementCount), narrow), shape);
    using Tensor<T> output = device.Allocate<T>(shape);
    using AttentionPlan<T> plan = device.PlanAttention(
        shape, shape, new CausalMask(), format, new AttentionOptions { Algorithm = AttentionAlgorithm.Tiled });
    plan.Run(rows, rows, rows, output);
}

// One sequence of 1000 tokens in shuffled pages of 4 heads.
static void Pages(AttentionDevice device, NumberFormat format, Action<AttentionDevice, BlockTable>? attend)
{
    const int Tokens = 1000;
    const int PageSize = 16;
    var options = new CacheOptions
    {
        Pages = 64,
        PageSize = PageSize,
        KeyValueHeads = 4,
        HeadDimension = 128,
        KeyFormat = format,
        ValueFormat = format,
    };
    using var cache = new PagedKeyValueCache(device, options);
    using var table = new BlockTable(cache, 1, options.Pages);
    int[] pages = [.. Enumerable.Range(0, options.Pages)];
    new Random(2).Shuffle(pages);
    table.Set(0, pages.AsSpan(0, (Tokens + PageSize - 1) / PageSize), Tokens);
    TensorShape shape = [Tokens, options.KeyValueHeads, options.HeadDimension];
    using Tensor<float> rows = device.Upload(Numbers(shape.ElementCount), shape);
    long[] places = [.. Enumerable.Range(0, Tokens).Select(token => ((long)pages[token / PageSize] * PageSize) + (token % PageSize))];
    using Tensor<long> slots = device.Upload(places, [Tokens]);
    cache.Append(rows, rows, slots);
    attend?.Invoke(device, table);
}

static Action<AttentionDevice> DecodeOf(NumberFormat format, KernelSchedule schedule) =>
    device => Pages(device, format, (device, table) => Decode(device, table, new AttentionOptions { Schedule = schedule }));

static void Decode(AttentionDevice device, BlockTable table, AttentionOptions options)
{
    TensorShape shape = [1, 16, 128];
    using PagedAttentionPlan<float> plan = device.PlanPagedAttention(table, 16, 1, new CausalMask(), options);
    using Tensor<float> query = device.Upload(Numbers(shape.ElementCount), shape);
    using Tensor<float> output = device.Allocate<float>(shape);
    plan.Run(query, [1], output);
}

static void PrefillOfPages(AttentionDevice device, BlockTable table)
{
    TensorShape shape = [512, 4, 128];
    using PagedAttentionPlan<Half> plan = device.PlanPagedAttention(
        table, 4, 512, new CausalMask(), new NoModifier(), NumberFormat.Float16,
        new AttentionOptions { Algorithm = AttentionAlgorithm.Tiled });
    using Tensor<Half> query = device.Upload(Array.ConvertAll(Numbers(shape.ElementCount), number => (Half)number), shape);
    using Tensor<Half> output = device.Allocate<Half>(shape);
    plan.Run(query, [512], output);
}

static void Norm(AttentionDevice device, Action<TensorView<float>, TensorView<float>, TensorView<float>> run)
{
    TensorShape shape = [64, 4096];
    using Tensor<float> input = device.Upload(Numbers(shape.ElementCount), shape);
    using Tensor<float> weight = device.Upload(Numbers(shape[1]), [shape[1]]);
    using Tensor<float> output = device.Allocate<float>(shape);
    run(input, weight, output);
}

static void Rotate(AttentionDevice device)
{
    TensorShape shape = [1, 128, 8, 128];
    using Tensor<float> input = device.Upload(Numbers(shape.ElementCount), shape);
    using Tensor<float> output = device.Allocate<float>(shape);
    using var table = new RotaryTable(device, 128, 128);
    device.RotaryEmbedding(input, table, output, RotaryStyle.HalfSplit);
}

static void Multiply(AttentionDevice device, int tokens)
{
    using Tensor<float> input = device.Upload(Numbers(tokens * 1024), [tokens, 1024]);
    using Tensor<float> weight = device.Upload(Numbers(256 * 1024), [256, 1024]);
    using Tensor<float> output = device.Allocate<float>([tokens, 256]);
    device.Linear(input, weight, output);
}
