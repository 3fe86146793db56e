using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.BadInput;

/// <summary>Wrong calls of plans and of attention.</summary>
[Trait("Speed", "Quick")]
public class AttentionBadInputTests(TestDevices devices) : DeviceTests(devices)
{
    // What is wrong, what the message says, and the call.
    private static readonly Dictionary<string, (string Says, Action<AttentionScene> Run)> _wrongRuns = new()
    {
        ["a query of another rank"] = ("*'query'*[3, 4, 8]*", scene => scene.Run(query: scene.Dense([3, 4, 8]))),
        ["a query of another batch"] = ("*'query'*[2, 3, 4, 8]*[1, 3, 4, 8]*", scene => scene.Run(query: scene.Dense([2, 3, 4, 8]))),
        ["more queries than planned"] = ("*'query'*[1, 4, 4, 8]*3 tokens*", scene => scene.Run(query: scene.Dense([1, 4, 4, 8]))),
        ["more keys than planned"] = ("*'key'*[1, 6, 2, 8]*5 tokens*", scene => scene.Run(key: scene.Dense([1, 6, 2, 8]))),
        ["other heads than planned"] = ("*'query'*[1, 3, 2, 8]*[1, 3, 4, 8]*", scene => scene.Run(query: scene.Dense([1, 3, 2, 8]))),
        ["another head dimension"] = ("*'key'*[1, 5, 2, 4]*[1, 5, 2, 8]*", scene => scene.Run(key: scene.Dense([1, 5, 2, 4]))),
        ["a value unlike the key"] = ("*'value'*[1, 4, 2, 8]*[1, 5, 2, 8]*", scene => scene.Run(value: scene.Dense([1, 4, 2, 8]))),
        ["an output unlike the query"] = ("*'output'*[1, 2, 4, 8]*[1, 3, 4, 8]*", scene => scene.Run(output: scene.Dense([1, 2, 4, 8]))),
        ["an inner stride of 2"] = ("*'key'*last must be 1*", scene => scene.Run(key: scene.Strided(AttentionScene.KeyShape, [160, 32, 16, 2]))),
        ["an output whose rows share memory"] =
            ("*'output'*must not share memory*", scene => scene.Run(output: scene.Strided(AttentionScene.QueryShape, [96, 0, 8, 1]))),
        ["an output over the query"] = ("*'output' overlaps 'query'*", scene => scene.Run(output: scene.Query)),
        ["an output over a part of the key"] = ("*'output' overlaps 'key'*", RunWithOutputOverKey),
        ["a log-sum-exp over the query"] = ("*'logSumExp' overlaps 'query'*", scene => scene.Run(logSumExp: AttentionScene.StatesOver(scene.Query))),
        ["a log-sum-exp over the key"] = ("*'logSumExp' overlaps 'key'*", scene => scene.Run(logSumExp: AttentionScene.StatesOver(scene.Key))),
        ["a log-sum-exp over the value"] = ("*'logSumExp' overlaps 'value'*", scene => scene.Run(logSumExp: AttentionScene.StatesOver(scene.Value))),
        ["a log-sum-exp over the output"] = ("*'logSumExp' overlaps 'output'*", scene => scene.Run(logSumExp: AttentionScene.StatesOver(scene.Output))),
        ["a log-sum-exp of another shape"] = ("*'logSumExp'*[1, 3, 4]*[1, 4, 3]*", scene => scene.Run(logSumExp: scene.Dense([1, 3, 4]))),
        ["a log-sum-exp with gaps"] = ("*'logSumExp'*dense*", scene => scene.Run(logSumExp: scene.Strided([1, 4, 3], [40, 10, 1]))),
        ["a tensor of another device"] = ("*'key'*must be on the device*", scene => scene.Run(key: scene.Elsewhere(AttentionScene.KeyShape))),
        ["a stream of another device"] = ("*stream*must be of the device*", scene => scene.Run(stream: scene.ForeignStream())),
    };

    private static readonly Dictionary<string, (string Says, Action<AttentionDevice> Plan)> _wrongPlans = new()
    {
        ["a query of rank 3"] = ("*'query'*[batch, queries, heads, headDim]*", device => Plan(device, [3, 4, 8], [1, 5, 2, 8])),
        ["a key of rank 5"] = ("*'key'*[batch, keys, kv heads, headDim]*", device => Plan(device, [1, 3, 4, 8], [1, 1, 5, 2, 8])),
        ["a negative extent"] = ("*'query'*-3*", device => Plan(device, [1, -3, 4, 8], [1, 5, 2, 8])),
        ["an extent beyond 32 bits"] = ("*'key'*", device => Plan(device, [1, 3, 4, 8], [1, 1L << 31, 2, 8])),
        ["more keys than kernels count"] = ($"*{int.MaxValue - 1023} keys*at most {int.MaxValue - 1024}*", device => Plan(device, [1, 3, 4, 8], [1, int.MaxValue - 1023, 2, 8])),
        ["more rows of a kv head than kernels count"] =
            ($"*{1 << 30} queries of 2 heads a kv head*at most {int.MaxValue - 1024}*", device => Plan(device, [1, 1 << 30, 4, 8], [1, 5, 2, 8])),
        ["more rows in all than kernels count"] =
            ($"*{1 << 10} sequences of 4 heads and {1 << 19} queries*at most {int.MaxValue - 1024} rows*", device => Plan(device, [1 << 10, 1 << 19, 4, 8], [1 << 10, 5, 4, 8])),
        ["different batches"] = ("*batch is 2*1*", device => Plan(device, [1, 3, 4, 8], [2, 5, 2, 8])),
        ["different head dimensions"] = ("*head dimension is 16*8*", device => Plan(device, [1, 3, 4, 8], [1, 5, 2, 16])),
        ["heads that do not divide"] = ("*4 query heads and 3 kv heads*multiple*", device => Plan(device, [1, 3, 4, 8], [1, 5, 3, 8])),
        ["no kv heads"] = ("*0 kv heads*", device => Plan(device, [1, 3, 4, 8], [1, 5, 0, 8])),
        ["no heads"] = ("*0 heads*", device => Plan(device, [1, 3, 0, 8], [1, 5, 2, 8])),
        ["a head dimension of 0"] = ("*head dimension is 0*1 to 512*", device => Plan(device, [1, 3, 4, 0], [1, 5, 2, 0])),
        ["a head dimension of 513"] = ("*head dimension is 513*1 to 512*", device => Plan(device, [1, 3, 4, 513], [1, 5, 2, 513])),
        ["a scale that is NaN"] = ("*scale is NaN*must be finite*", device => Plan(device, new AttentionOptions { Scale = float.NaN })),
        ["an infinite scale"] = ("*scale is*must be finite*", device => Plan(device, new AttentionOptions { Scale = float.PositiveInfinity })),
        ["no splits"] = ("*splits is 0*at least 1*", device => Plan(device, new AttentionOptions { Splits = 0 })),
        ["splits with a fixed reduction"] =
            ("*2 splits*batch-invariant*", device => Plan(device, new AttentionOptions { Reduction = Reduction.BatchInvariant, Splits = 2 })),
        ["an unknown reduction"] = ("*reduction is 7*Fastest or BatchInvariant*", device => Plan(device, new AttentionOptions { Reduction = (Reduction)7 })),
        ["splits of a algorithm that has none"] =
            ("*2 splits*SplitKv*", device => Plan(device, new AttentionOptions { Algorithm = AttentionAlgorithm.Tiled, Splits = 2 })),
        ["an unknown algorithm"] = ("*algorithm is 9*", device => Plan(device, new AttentionOptions { Algorithm = (AttentionAlgorithm)9 })),
        ["an unknown schedule"] = ("*schedule is 9*", device => Plan(device, new AttentionOptions { Schedule = (KernelSchedule)9 })),
    };

    public static IEnumerable<string> WrongRuns => _wrongRuns.Keys;

    public static IEnumerable<string> WrongPlans => _wrongPlans.Keys;

    [Theory, EachBackend(Cases = nameof(WrongRuns))]
    public void A_wrong_run_is_refused_without_effect(Backend backend, string wrong)
    {
        using var scene = new AttentionScene(Device(backend));
        (string says, Action<AttentionScene> run) = _wrongRuns[wrong];
        WrongCall.Verify<ArgumentException>(scene.Device, [scene.Output, scene.LogSumExp], () => scene.Run(), () => run(scene), says);
    }

    [Theory, EachBackend(Cases = nameof(WrongPlans))]
    public void A_wrong_plan_is_refused_without_effect(Backend backend, string wrong)
    {
        using var scene = new AttentionScene(Device(backend));
        (string says, Action<AttentionDevice> plan) = _wrongPlans[wrong];
        WrongCall.Verify<ArgumentException>(scene.Device, [scene.Output, scene.LogSumExp], () => scene.Run(), () => plan(scene.Device), says);
    }

    [Theory, EachBackend]
    public void More_work_groups_than_a_launch_has_are_refused_when_planning(Backend backend)
    {
        // 2³⁰ rows within the limit of the sizes, times two splits.
        var options = new AttentionOptions { Algorithm = AttentionAlgorithm.SplitKv, Schedule = KernelSchedule.Simt, Splits = 2 };
        Action plan = () => Device(backend).PlanAttention([1 << 30, 1, 1, 8], [1 << 30, 128, 1, 8], new NoMask(), options).Dispose();

        plan.Should().Throw<NotSupportedException>().WithMessage($"*{1L << 31:N0} tiles*at most {int.MaxValue:N0} work groups*");
    }

    // More bytes than 64 bits count, and fewer, which only the device's memory cannot hold.
    [Theory, EachBackend(1 << 30, 1 << 30), EachBackend(1 << 30, 1 << 28)]
    public void A_workspace_beyond_any_memory_is_a_lack_of_memory(Backend backend, int queries, int keys)
    {
        var options = new AttentionOptions { Algorithm = AttentionAlgorithm.Naive };
        Action plan = () => Device(backend).PlanAttention([1, queries, 1, 8], [1, keys, 1, 8], new NoMask(), options).Dispose();

        plan.Should().Throw<DeviceMemoryException>();
        using var scene = new AttentionScene(Device(backend));
        scene.Invoking(next => next.Run()).Should().NotThrow();
    }

    [Theory, EachBackend]
    public void A_disposed_tensor_is_refused_without_effect(Backend backend)
    {
        using var scene = new AttentionScene(Device(backend));
        foreach (Action wrong in new Action[]
        {
            () => scene.Run(query: scene.Disposed(AttentionScene.QueryShape)),
            () => scene.Run(value: scene.Disposed(AttentionScene.KeyShape)),
            () => scene.Run(output: scene.Disposed(AttentionScene.QueryShape)),
        })
        {
            WrongCall.Verify<ObjectDisposedException>(scene.Device, [scene.Output, scene.LogSumExp], () => scene.Run(), wrong, "*");
        }
    }

    [Theory, EachBackend]
    public void A_view_without_memory_is_refused_without_effect(Backend backend)
    {
        using var scene = new AttentionScene(Device(backend));
        WrongCall.Verify<ArgumentException>(
            scene.Device, [scene.Output, scene.LogSumExp], () => scene.Run(), () => scene.Run(query: default(TensorView<float>)), "*'query'*");
    }

    [Theory, EachBackend]
    public void A_disposed_plan_is_refused(Backend backend)
    {
        using var scene = new AttentionScene(Device(backend));
        scene.Plan.Dispose();

        scene.Invoking(disposed => disposed.Run()).Should().Throw<ObjectDisposedException>();
        scene.Output.VerifyUnchanged();
    }

    [Theory, EachBackend]
    public void A_closed_device_makes_no_plan_and_runs_none(Backend backend)
    {
        AttentionDevice device = AttentionDevice.Open(Backends.Family(backend));
        using AttentionPlan<float> plan = device.PlanAttention([1, 1, 1, 1], [1, 1, 1, 1], new NoMask());
        Tensor<float> tensor = device.Upload([1f], [1, 1, 1, 1]);
        TensorView<float> view = tensor;
        device.Dispose();

        device.Invoking(closed => closed.PlanAttention([1, 1, 1, 1], [1, 1, 1, 1], new NoMask())).Should().Throw<ObjectDisposedException>();
        plan.Invoking(made => made.Run(view, view, view, view)).Should().Throw<ObjectDisposedException>();
        device.Invoking(closed => closed.Allocate<float>([1])).Should().Throw<ObjectDisposedException>();
        device.Invoking(closed => closed.Synchronize()).Should().Throw<ObjectDisposedException>();
    }

    [Theory, EachBackend]
    public void A_missing_element_type_is_refused(Backend backend)
    {
        Action plan = () => Device(backend).PlanAttention([1, 1, 1, 1], [1, 1, 1, 1], new NoMask(), (NumberFormat<Half>)null!).Dispose();

        plan.Should().Throw<ArgumentNullException>().WithParameterName("format");
    }

    [Theory, EachBackend]
    public void A_mask_that_is_not_public_is_refused_with_what_to_do(Backend backend)
    {
        Action plan = () => Device(backend).PlanAttention([1, 1, 1, 1], [1, 1, 1, 1], new HiddenMask()).Dispose();

        plan.Should().Throw<ArgumentException>().WithMessage("*HiddenMask is not public*InternalsVisibleTo*");
    }

    [Theory, EachBackend]
    public void A_mask_or_modifier_with_a_bool_is_refused_by_the_field_s_name(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, new CacheOptions { Pages = 1, KeyValueHeads = 1, HeadDimension = 1 });
        using var table = new BlockTable(cache, 1, 1);

        Verify(() => device.PlanAttention([1, 1, 1, 1], [1, 1, 1, 1], new BoolMask(true)).Dispose(), "*'strict' of BoolMask is a bool*", "mask");
        Verify(
            () => device.PlanAttention([1, 1, 1, 1], [1, 1, 1, 1], new NoMask(), new BoolModifier()).Dispose(), "*'Inverted' of Choices is a bool*", "modifier");
        Verify(() => device.PlanPagedAttention(table, 1, 1, new BoolMask(true)).Dispose(), "*'strict' of BoolMask is a bool*", "mask");
        Verify(() => device.PlanPagedAttention(table, 1, 1, new NoMask(), new BoolModifier()).Dispose(), "*'Inverted' of Choices is a bool*", "modifier");

        static void Verify(Action plan, string says, string parameter) =>
            plan.Should().Throw<ArgumentException>().WithMessage(says).WithParameterName(parameter);
    }

    [Fact]
    public void An_unknown_causal_alignment_is_refused()
    {
        Action make = () => _ = new CausalMask((CausalAlignment)7);

        make.Should().Throw<ArgumentOutOfRangeException>().WithMessage("*BottomRight or TopLeft*");
    }

    private static void RunWithOutputOverKey(AttentionScene scene)
    {
        TensorView<float> both = scene.Dense([200]);
        scene.Run(
            key: new TensorView<float>(both.Data.SubView(0, 80), AttentionScene.KeyShape),
            output: new TensorView<float>(both.Data.SubView(79, 96), AttentionScene.QueryShape));
    }

    private static void Plan(AttentionDevice device, TensorShape query, TensorShape key) => device.PlanAttention(query, key, new NoMask()).Dispose();

    private static void Plan(AttentionDevice device, AttentionOptions options) =>
        device.PlanAttention(AttentionScene.QueryShape, AttentionScene.KeyShape, new NoMask(), options).Dispose();

    private readonly struct HiddenMask : IMask<HiddenMask>
    {
        public static bool Allows(in HiddenMask self, in Position at) => true;
    }
}
