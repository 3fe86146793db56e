using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using AttentionKernels.Export;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Export;

/// <summary>What is exported runs without ILGPU, and gives the bits of the library's own launch.</summary>
[Trait("Speed", "Quick")]
public partial class KernelExportTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Tokens = 5;
    private const int Hidden = 67;

    [Theory, EachBackend(DriversOnly = true)]
    public void A_norm_runs_through_another_binding(Backend backend)
    {
        AttentionDevice device = Device(backend);
        float[] input = RandomData.Normal(1, Tokens * Hidden), weight = RandomData.Normal(2, Hidden);
        using Tensor<float> x = device.Upload(input, [Tokens, Hidden]), w = device.Upload(weight, [Hidden]), y = device.Allocate<float>([Tokens, Hidden]);

        ExportedLaunch launch = device.RecordLaunches(() => device.RmsNorm(x, w, y)).Should().ContainSingle().Subject;

        Foreign(backend, launch, [("Input", input), ("Rows.Weight", weight)], "Output").Should().Equal(y.ToArray());
    }

    [Theory, EachBackend(DriversOnly = true)]
    public void A_kernel_of_tiles_runs_through_another_binding(Backend backend)
    {
        AttentionDevice device = Device(backend);
        float[] input = RandomData.Normal(3, Tokens * Hidden);
        using Tensor<float> x = device.Upload(input, [Tokens, Hidden]), y = device.Allocate<float>([Tokens, Hidden]);

        ExportedLaunch launch = device.RecordLaunches(() => device.Activate(x, Activation.Silu, y)).Should().ContainSingle().Subject;

        Foreign(backend, launch, [("X", input)], "Output").Should().Equal(y.ToArray());
    }

    [Theory, EachBackend(DriversOnly = true)]
    public void A_plan_runs_through_another_binding(Backend backend)
    {
        AttentionDevice device = Device(backend);
        TensorShape shape = [2, 9, 2, 16];
        float[][] inputs = [.. Enumerable.Range(4, 3).Select(seed => RandomData.Normal(seed, shape))];
        using Tensor<float> query = device.Upload(inputs[0], shape), key = device.Upload(inputs[1], shape), value = device.Upload(inputs[2], shape);
        using Tensor<float> output = device.Allocate<float>(shape);
        using AttentionPlan<float> plan = device.PlanAttention(shape, shape, new CausalMask(), new AttentionOptions { Algorithm = AttentionAlgorithm.Tiled });

        ExportedLaunch launch = device.RecordLaunches(() => plan.Run(query, key, value, output)).Should().ContainSingle().Subject;

        Foreign(backend, launch, [("Query", inputs[0]), ("Keys.Data", inputs[1]), ("Values.Data", inputs[2])], "Output")
            .Should().Equal(output.ToArray());
    }

    [Fact]
    public void PTX_is_made_without_a_driver()
    {
        using AttentionDevice device = AttentionDevice.Open(DeviceKind.Cpu);
        float[] input = RandomData.Normal(5, Tokens * Hidden), weight = RandomData.Normal(6, Hidden);
        using Tensor<float> x = device.Upload(input, [Tokens, Hidden]), w = device.Upload(weight, [Hidden]), y = device.Allocate<float>([Tokens, Hidden]);
        var simt = new NormOptions { Schedule = KernelSchedule.Simt };

        ExportedLaunch launch = device.RecordLaunches(() => device.RmsNorm(x, w, y, NumberFormat.Float32, simt), 90).Should().ContainSingle().Subject;

        launch.Language.Should().Be(KernelLanguage.Ptx);
        launch.Text.Should().Contain(".target sm_90");
        launch.Grid.Should().BeEquivalentTo(new { Groups = Tokens, Tiles = (long)Tokens, Formula = "groups = tiles" });
        ParameterSizes(launch.Text).Should().Equal(launch.Parameters.Select(parameter => parameter.Value.Length));
        if (!Backends.CudaIsEmulated)
            return;
        AttentionDevice cuda = Device(Backend.Cuda);
        using Tensor<float> cudaInput = cuda.Upload(input, [Tokens, Hidden]), cudaWeight = cuda.Upload(weight, [Hidden]);
        using Tensor<float> expected = cuda.Allocate<float>([Tokens, Hidden]);
        cuda.RmsNorm(cudaInput, cudaWeight, expected);
        Foreign(Backend.Cuda, launch, [("Input", input), ("Rows.Weight", weight)], "Output").Should().Equal(expected.ToArray());
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void Parameters_are_as_long_as_PTX_declares_them(Backend backend)
    {
        AttentionDevice device = Device(backend);
        TensorShape shape = [1, 3, 2, 16];
        using Tensor<float> x = device.Upload(RandomData.Normal(7, shape), shape), y = device.Allocate<float>(shape);
        using var offsets = device.Upload([0, 3], [2]);
        using AttentionPlan<float> plan = device.PlanAttention(
            shape, shape, new SlidingWindowMask(2).And(new DocumentMask(offsets)), new SoftCap(5f).Then(new AlibiBias(2)), NumberFormat.Float32,
            new AttentionOptions { Algorithm = AttentionAlgorithm.SplitKv, Splits = 2 });

        IReadOnlyList<ExportedLaunch> launches = device.RecordLaunches(() =>
        {
            plan.Run(x, x, x, y);
            device.Softmax(x.View.Reshape([6, 16]), y.View.Reshape([6, 16]));
        });

        launches.Should().HaveCountGreaterThan(2);
        foreach (ExportedLaunch launch in launches)
            ParameterSizes(launch.Text).Should().Equal(launch.Parameters.Select(parameter => parameter.Value.Length), launch.Kernel);
        launches.Select(launch => launch.Index).Should().Equal(Enumerable.Range(0, launches.Count));
        int[] written = [.. Fields(launches[0]).Where(field => !field.Memory!.IsInput).Select(field => field.Memory!.Buffer)];
        Fields(launches[1]).Select(field => field.Memory!.Buffer).Should().Contain(written, "the merge reads what the splits have written");
    }

    [Theory, EachBackend(DriversOnly = true)]
    public void What_is_saved_says_all_of_a_launch(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> x = device.Upload(RandomData.Normal(8, 2 * Hidden), [2 * Hidden]), y = device.Allocate<float>([1, Hidden]);
        TensorView<float> last = x.Slice(0, Hidden, Hidden).Reshape([1, Hidden]);
        ExportedLaunch launch = device.RecordLaunches(() => device.Activate(last, Activation.Relu, y))[0];
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(launch.Save(folder)));

            JsonElement root = json.RootElement;
            File.ReadAllText(Path.Combine(folder, root.GetProperty("file").GetString()!)).Should().Be(launch.Text);
            root.GetProperty("entry").GetString().Should().Be(launch.Entry);
            root.GetProperty("groups").GetInt32().Should().Be(launch.Grid.Groups);
            root.GetProperty("groupSize").GetInt32().Should().Be(launch.Grid.GroupSize);
            JsonElement[] parameters = [.. root.GetProperty("parameters").EnumerateArray()];
            parameters.Select(parameter => parameter.TryGetProperty("value", out JsonElement value) ? value.GetString()! : "")
                .Should().Equal(launch.Parameters.Select(parameter => Convert.ToHexStringLower(parameter.Value.Span)));
            JsonElement input = parameters.Where(parameter => parameter.TryGetProperty("fields", out _))
                .SelectMany(parameter => parameter.GetProperty("fields").EnumerateArray()).Single(field => field.GetProperty("name").GetString() == "X");
            input.GetProperty("type").GetString().Should().Be("view of StoredFp32");
            input.GetProperty("memory").GetProperty("byteOffset").GetInt64().Should().Be(Hidden * sizeof(float));
            input.GetProperty("memory").GetProperty("length").GetInt64().Should().Be(Hidden);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void What_has_no_text_is_refused()
    {
        using AttentionDevice device = AttentionDevice.Open(DeviceKind.Cpu);
        using Tensor<float> x = device.Upload(new float[Hidden], [1, Hidden]), y = device.Allocate<float>([1, Hidden]);
        void Normalise() => device.RmsNorm(x, x.View.Reshape([Hidden]), y);

        Invoking(() => device.RecordLaunches(Normalise)).Should().Throw<NotSupportedException>().WithMessage("*compute capability*");
        Invoking(() => device.RecordLaunches(Normalise, 60)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*70, 72*");
        Invoking(() => device.RecordLaunches(Normalise, 80)).Should().Throw<KernelCompilationException>().WithMessage("*RowNormVector*sm_80*");
        Invoking(() => device.RecordLaunches(() => device.RecordLaunches(Normalise, 80), 80)).Should().Throw<InvalidOperationException>();
        device.RecordLaunches(static () => { }, 80).Should().BeEmpty("the recordings that failed have ended");

        static Action Invoking(Action action) => action;
    }

    [Theory, EachBackend]
    public void A_recording_takes_what_its_thread_launches_on_its_device(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using AttentionDevice other = AttentionDevice.Open(DeviceKind.Cpu);
        using Tensor<float> x = device.Upload(new float[Hidden], [1, Hidden]), foreign = other.Upload(new float[Hidden], [1, Hidden]);

        device.RecordLaunches(
            () =>
            {
                other.Activate(foreign, Activation.Relu, foreign);
                var thread = new Thread(() => device.Activate(x, Activation.Relu, x));
                thread.Start();
                thread.Join();
            }, 80).Should().BeEmpty();
    }

    // The bytes of each parameter of the entry.
    private static IEnumerable<int> ParameterSizes(string ptx) =>
        Parameter().Matches(ptx[ptx.IndexOf(".entry", StringComparison.Ordinal)..ptx.IndexOf(".reg", ptx.IndexOf(".entry", StringComparison.Ordinal), StringComparison.Ordinal)])
            .Select(match => match.Groups["bytes"].Success ? int.Parse(match.Groups["bytes"].Value, CultureInfo.InvariantCulture)
                : int.Parse(match.Groups["bits"].Value, CultureInfo.InvariantCulture) / 8);

    private static IEnumerable<ArgumentField> Fields(ExportedLaunch launch) =>
        launch.Parameters.SelectMany(parameter => parameter.Fields).Where(field => field.Memory is { Buffer: >= 0, Length: > 0 });

    private static float[] Foreign(
        Backend backend, ExportedLaunch launch, (string Name, float[] Content)[] inputs, string output)
    {
        ArgumentField[] views = [.. launch.Parameters.SelectMany(parameter => parameter.Fields).Where(field => field.Memory is { Buffer: >= 0 })];
        Dictionary<int, byte[]> buffers = views.Select(view => view.Memory!).GroupBy(memory => memory.Buffer)
            .ToDictionary(buffer => buffer.Key, buffer => new byte[Math.Max(16, buffer.Max(End))]);
        foreach ((string name, float[] content) in inputs)
        {
            MemoryRange memory = Memory(name);
            MemoryMarshal.AsBytes(content.AsSpan()).CopyTo(buffers[memory.Buffer].AsSpan((int)memory.ByteOffset));
        }

        MemoryRange result = Memory(output);
        using IForeignDriver driver = backend == Backend.Cuda ? new CudaDriver() : new OpenClDriver();
        byte[] bytes = driver.Run(launch, buffers, result.Buffer);
        return MemoryMarshal.Cast<byte, float>(bytes.AsSpan((int)result.ByteOffset)).ToArray();

        MemoryRange Memory(string name) => views.Single(view => view.Name == name).Memory!;

        static long End(MemoryRange memory) => memory.ByteOffset + (memory.Length * memory.ElementSize);
    }

    [GeneratedRegex(@"\.param (\.align \d+ )?\.[bfsu](?<bits>\d+)\s+\w+(\[(?<bytes>\d+)\])?")]
    private static partial Regex Parameter();
}
