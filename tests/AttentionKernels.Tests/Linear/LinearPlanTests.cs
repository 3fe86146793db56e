using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Linear;

/// <summary>Plans of linear layers give the bits of the operation, for any number of tokens up to the planned one, by kernels that are
/// compiled when they are made.</summary>
[Trait("Speed", "Quick")]
public class LinearPlanTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Rows = 12;
    private const int Columns = 36;
    private const int Most = 40;

    [Theory, EachBackend(KernelSchedule.Vector, ProcessorsOnly = true), EachBackend(KernelSchedule.Simt, DriversOnly = true)]
    public void A_plan_gives_the_bits_of_the_operation(Backend backend, KernelSchedule schedule)
    {
        AttentionDevice device = Device(backend);
        VerifyOneFormat(device, schedule, StoredType.Float32);
        VerifyOneFormat(device, schedule, StoredType.Float16);
        VerifyOneFormat(device, schedule, StoredType.BFloat16);

        LinearPlan<float, Half> plan = device.PlanLinear(Most, Rows, Columns, NumberFormat.Float32, NumberFormat.Float16, schedule);
        plan.Device.Should().BeSameAs(device);
        plan.Schedule.Should().Be(schedule);
        using Tensor<float> input = device.Upload(RandomData.Normal(1, Most * Columns), [Most, Columns]);
        using Tensor<Half> weight = device.Upload(StoredType.Float16.Store(RandomData.Normal(2, Rows * Columns)), [Rows, Columns]);
        using Tensor<float> expected = device.Allocate<float>([Most, Rows]);
        using var output = GuardedTensor<float>.Poisoned(device, [Most, Rows]);
        device.Linear(input, weight, bias: null, expected, NumberFormat.Float16, schedule);
        plan.Run(input, weight, bias: null, output);
        output.Verify();
        output.ToArray().Should().Equal(expected.ToArray());
    }

    [Theory, EachBackend(DriversOnly = true)]
    public void A_run_compiles_nothing(Backend backend)
    {
        using var compilations = new CountedCompilations(Device(backend));
        AttentionDevice device = compilations.Device;
        LinearPlan<BFloat16, BFloat16> plan = device.PlanLinear(Most, Rows, Columns, NumberFormat.BFloat16);
        string[] planned = [.. compilations.Names];
        planned.Should().NotBeEmpty();
        device.PlanLinear(3, Rows, Columns, NumberFormat.BFloat16);
        compilations.Names.Should().Equal(planned, "the kernels are the device's");

        using Tensor<BFloat16> weight = device.Allocate<BFloat16>([Rows, Columns]);
        foreach (int tokens in (int[])[0, 1, Most])
        {
            using Tensor<BFloat16> input = device.Allocate<BFloat16>([tokens, Columns]);
            using Tensor<BFloat16> output = device.Allocate<BFloat16>([tokens, Rows]);
            plan.Run(input, weight, bias: null, output);
        }

        device.Synchronize();
        compilations.Names.Should().Equal(planned);
    }

    [Theory, EachBackend(KernelSchedule.Vector, ProcessorsOnly = true), EachBackend(KernelSchedule.Simt, DriversOnly = true)]
    public void A_plan_explains_itself(Backend backend, KernelSchedule schedule)
    {
        AttentionDevice device = Device(backend);
        string few = device.PlanLinear(8, Rows, Columns, NumberFormat.Float32, schedule).Explain();
        string many = device.PlanLinear(Most, Rows, Columns + 1, NumberFormat.Float16, schedule).Explain();

        few.Should().Contain($"Linear layer, {schedule} schedule").And.Contain("up to 8 tokens of 36 columns, to 12 rows");
        if (schedule == KernelSchedule.Vector)
        {
            few.Should().Contain("no scratch memory");
            many.Should().Contain("scratch memory").And.Contain("widened");
        }
        else
        {
            few.Should().Contain("more tokens: not planned").And.Contain("four at once");
            many.Should().Contain("more tokens: a GEMM").And.Contain("37 are no multiple of four");
        }
    }

    [Theory, EachBackend]
    public void A_run_of_another_size_is_refused_without_effect(Backend backend)
    {
        AttentionDevice device = Device(backend);
        LinearPlan<float, float> plan = device.PlanLinear(3, 2, 4, NumberFormat.Float32);
        using Tensor<float> memory = device.Upload(RandomData.Normal(1, 40), [40]);
        using var output = GuardedTensor<float>.Poisoned(device, [8]);
        TensorView<float> Input(long rows, long columns) => new(memory.View.Data.SubView(0, rows * columns), [rows, columns]);
        void Refuses(string says, TensorView<float> input, TensorView<float> weight, TensorShape shape) =>
            plan.Invoking(own => own.Run(input, weight, bias: null, new(output.View.Data.SubView(0, shape.ElementCount), shape)))
                .Should().Throw<ArgumentException>().WithMessage(says);
        Refuses("*'input' is [4, 4]*at most 3 tokens*", Input(4, 4), Input(2, 4), [4, 2]);
        Refuses("*'input' is [3, 5]*[tokens, 4]*", Input(3, 5), Input(2, 5), [3, 2]);
        Refuses("*'weight' is [1, 4]*[2, 4]*", Input(3, 4), Input(1, 4), [3, 1]);
        Refuses("*'output'*[2, 2]*[3, 2]*", Input(3, 4), Input(2, 4), [2, 2]);
        output.VerifyUnchanged();
        device.Invoking(own => own.PlanLinear(-1, 2, 4, NumberFormat.Float32)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("tokens");
        device.Invoking(own => own.PlanLinear(1, 0, 4, NumberFormat.Float32)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("rows");
        device.Invoking(own => own.PlanLinear(1, 2, 0, NumberFormat.Float32)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("columns");
    }

    private static void VerifyOneFormat<T>(AttentionDevice device, KernelSchedule schedule, StoredType<T> type)
        where T : unmanaged
    {
        LinearPlan<T, T> plan = device.PlanLinear(Most, Rows, Columns, type.Type, schedule);
        using Tensor<T> weight = device.Upload(type.Store(RandomData.Normal(2, Rows * Columns)), [Rows, Columns]);
        using Tensor<float> bias = device.Upload(RandomData.Normal(3, Rows), [Rows]);
        foreach (int tokens in (int[])[0, 1, 32, 33, Most])
        {
            using Tensor<T> input = device.Upload(type.Store(RandomData.Normal(tokens, tokens * Columns)), [tokens, Columns]);
            using Tensor<T> expected = device.Allocate<T>([tokens, Rows]);
            using var output = GuardedTensor<T>.Poisoned(device, [tokens, Rows]);

            device.Linear(input, weight, bias.View, expected, type.Type, schedule);
            plan.Run(input, weight, bias.View, output);

            output.Verify();
            output.ToArray().Should().Equal(expected.ToArray(), "{0} tokens", tokens);
        }
    }
}
