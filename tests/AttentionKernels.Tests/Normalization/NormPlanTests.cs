using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Normalization;

/// <summary>Plans of norms give the bits of the operations, for any number of rows up to the planned one, by kernels that are compiled when
/// they are made.</summary>
[Trait("Speed", "Quick")]
public class NormPlanTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Most = 5;
    private const int Groups = 2;

    [Theory, EachBackend(KernelSchedule.Vector, ProcessorsOnly = true), EachBackend(KernelSchedule.Simt, DriversOnly = true)]
    public void Plans_give_the_bits_of_the_operations(Backend backend, KernelSchedule schedule)
    {
        AttentionDevice device = Device(backend);
        VerifyOneFormat(device, schedule, StoredType.Float32, hidden: 12);
        VerifyOneFormat(device, schedule, StoredType.Float16, hidden: 10);
        VerifyOneFormat(device, schedule, StoredType.BFloat16, hidden: 12);
    }

    [Theory, EachBackend(DriversOnly = true)]
    public void Runs_compile_nothing(Backend backend)
    {
        using var compilations = new CountedCompilations(Device(backend));
        AttentionDevice device = compilations.Device;
        NormPlan<Half> layer = device.PlanLayerNorm(Most, 8, NumberFormat.Float16);
        NormPlan<Half> rms = device.PlanRmsNorm(Most, 8, NumberFormat.Float16);
        NormPlan<Half> groups = device.PlanGroupNorm(Most, 8, Groups, NumberFormat.Float16);
        string[] planned = [.. compilations.Names];
        planned.Should().NotBeEmpty();
        device.PlanLayerNorm(2, 16, NumberFormat.Float16);
        using Tensor<Half> input = device.Allocate<Half>([Most, 8]);
        using Tensor<Half> residual = device.Allocate<Half>([Most, 8]);
        using Tensor<Half> output = device.Allocate<Half>([Most, 8]);
        using Tensor<float> weight = device.Allocate<float>([8]);

        layer.Run(input, weight.View, weight.View, output);
        layer.RunAdd(input, residual, weight.View, weight.View, output);
        rms.Run(input, weight.View, bias: null, output);
        rms.RunAdd(input, residual, weight.View, bias: null, output);
        groups.Run(input, weight.View, weight.View, output);

        device.Synchronize();
        compilations.Names.Should().Equal(planned);
    }

    [Theory, EachBackend]
    public void Rows_beyond_the_caches_are_compiled_for(Backend backend)
    {
        using var compilations = new CountedCompilations(Device(backend));
        compilations.Device.PlanRmsNorm(8, 8, NumberFormat.Float32);
        int few = compilations.Names.Count;
        compilations.Device.PlanRmsNorm(1 << 20, 8, NumberFormat.Float32);
        int beyond = compilations.Names.Count - few;
        beyond.Should().Be(backend == Backend.OpenCl && !compilations.Device.IsGpu ? 1 : 0, "drivers of processors have stores that pass by the caches");
    }

    [Theory, EachBackend(KernelSchedule.Vector, ProcessorsOnly = true), EachBackend(KernelSchedule.Simt, DriversOnly = true)]
    public void Plans_explain_themselves(Backend backend, KernelSchedule schedule)
    {
        AttentionDevice device = Device(backend);
        var options = new NormOptions { Schedule = schedule };
        device.PlanLayerNorm(Most, 8, NumberFormat.Float32, options).Explain().Should()
            .Contain($"Layer norm, {schedule} schedule").And.Contain($"up to {Most} rows of 8 elements, Float32")
            .And.Contain(schedule == KernelSchedule.Simt ? "a work group for each row; four" : "a tile for each row");
        device.PlanRmsNorm(Most, 6, NumberFormat.BFloat16, options).Explain().Should()
            .Contain($"RMS norm, {schedule} schedule").And.Contain(schedule == KernelSchedule.Simt ? "6 are no multiple of four" : "a tile for each row");
        device.PlanGroupNorm(Most, 8, Groups, NumberFormat.Float16, options).Explain().Should()
            .Contain($"Group norm of {Groups} groups, {schedule} schedule").And.Contain($"up to {Most} samples of 8 channels")
            .And.Contain(schedule == KernelSchedule.Simt ? "a work group for each group" : "a tile for each group");
    }

    [Theory, EachBackend]
    public void What_was_not_planned_is_refused_without_effect(Backend backend)
    {
        AttentionDevice device = Device(backend);
        NormPlan<float> layer = device.PlanLayerNorm(3, 4, NumberFormat.Float32);
        NormPlan<float> rms = device.PlanRmsNorm(3, 4, NumberFormat.Float32);
        NormPlan<float> groups = device.PlanGroupNorm(3, 4, Groups, NumberFormat.Float32);
        using Tensor<float> memory = device.Upload(RandomData.Normal(1, 24), [24]);
        using Tensor<float> weight = device.Upload(RandomData.Normal(2, 4), [4]);
        using var output = GuardedTensor<float>.Poisoned(device, [24]);
        TensorView<float> Input(long rows, long hidden) => new(memory.View.Data.SubView(0, rows * hidden), [rows, hidden]);
        TensorView<float> Output(long rows, long hidden) => new(output.View.Data.SubView(0, rows * hidden), [rows, hidden]);
        static void Refuses<TException>(string says, Action run)
            where TException : Exception => run.Should().Throw<TException>().WithMessage(says);

        Refuses<ArgumentException>("*'input' is [4, 4]*[…, 4], with at most 3 rows*", () => layer.Run(Input(4, 4), null, null, Output(4, 4)));
        Refuses<ArgumentException>("*'input' is [3, 5]*[…, 4]*", () => layer.Run(Input(3, 5), null, null, Output(3, 5)));
        Refuses<ArgumentException>("*'input' is [4, 4]*", () => layer.RunAdd(Input(4, 4), Output(4, 4), null, null, Input(4, 4)));
        Refuses<ArgumentException>("*batch of at most 3*", () => groups.Run(Input(4, 4), null, null, Output(4, 4)));
        Refuses<ArgumentException>("*RMS norm has none*", () => rms.Run(Input(3, 4), weight.View, weight.View, Output(3, 4)));
        Refuses<ArgumentNullException>("*RMS norm has a weight*", () => rms.Run(Input(3, 4), null, null, Output(3, 4)));
        Refuses<NotSupportedException>("*adds no residual*", () => groups.RunAdd(Input(3, 4), Output(3, 4), null, null, Input(3, 4)));
        Refuses<NotSupportedException>("*count from 1*", () => device.PlanLayerNorm(3, 4, NumberFormat.Float32, new NormOptions { WeightsFromOne = true }));
        Refuses<ArgumentOutOfRangeException>("*rows*", () => device.PlanLayerNorm(-1, 4, NumberFormat.Float32));
        Refuses<ArgumentOutOfRangeException>("*hidden*", () => device.PlanRmsNorm(1, 0, NumberFormat.Float32));
        Refuses<ArgumentOutOfRangeException>("*groups*", () => device.PlanGroupNorm(1, 4, 3, NumberFormat.Float32));
        output.VerifyUnchanged();
    }

    private static void VerifyOneFormat<T>(AttentionDevice device, KernelSchedule schedule, StoredType<T> type, int hidden)
        where T : unmanaged
    {
        var options = new NormOptions { Epsilon = 1e-3f, Schedule = schedule };
        NormOptions fromOne = options with { WeightsFromOne = true };
        NormPlan<T> layer = device.PlanLayerNorm(Most, hidden, type.Type, options);
        NormPlan<T> rms = device.PlanRmsNorm(Most, hidden, type.Type, fromOne);
        NormPlan<T> groups = device.PlanGroupNorm(Most, hidden, Groups, type.Type, options);
        using Tensor<float> weight = device.Upload(RandomData.Normal(2, hidden), [hidden]);
        using Tensor<float> bias = device.Upload(RandomData.Normal(3, hidden), [hidden]);
        foreach (int rows in (int[])[0, 1, Most])
        {
            T[] numbers = type.Store(RandomData.Normal(rows, rows * hidden));
            using Tensor<T> input = device.Upload(numbers, [rows, hidden]);
            using Tensor<T> expected = device.Allocate<T>([rows, hidden]);
            using Tensor<T> residual = device.Allocate<T>([rows, hidden]);
            using var output = GuardedTensor<T>.Poisoned(device, [rows, hidden]);
            void Verify(Action<TensorView<T>> operation, Action<TensorView<T>> plan)
            {
                residual.CopyFrom(numbers);
                operation(expected);
                T[] sums = residual.ToArray();
                residual.CopyFrom(numbers);
                plan(output);
                output.Verify();
                output.ToArray().Should().Equal(expected.ToArray(), "{0} rows", rows);
                residual.ToArray().Should().Equal(sums);
            }

            Verify(
                result => device.LayerNorm(input, weight.View, bias.View, result, type.Type, options),
                result => layer.Run(input, weight.View, bias.View, result));
            Verify(
                result => device.AddLayerNorm(input, residual, weight.View, null, result, type.Type, options),
                result => layer.RunAdd(input, residual, weight.View, null, result));
            Verify(
                result => device.RmsNorm(input, weight, result, type.Type, fromOne), result => rms.Run(input, weight.View, null, result));
            Verify(
                result => device.AddRmsNorm(input, residual, weight, result, type.Type, fromOne),
                result => rms.RunAdd(input, residual, weight.View, null, result));
            Verify(
                result => device.GroupNorm(input, Groups, weight.View, bias.View, result, type.Type, options),
                result => groups.Run(input, weight.View, bias.View, result));
        }
    }
}
