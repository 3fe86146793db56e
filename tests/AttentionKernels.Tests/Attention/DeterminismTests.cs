using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Attention;

/// <summary>Results are equal bit for bit from run to run.</summary>
public class DeterminismTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Repeats = 50;

    [Theory, EachBackend]
    public void Fifty_runs_give_the_same_bits(Backend backend)
    {
        AttentionCase attention = new(2, 4, 2, 5, 130, 24, MaskKind.CausalBottomRight, MemoryLayout.Dense);
        AttentionInputs inputs = AttentionRunner.Inputs(attention);
        AttentionDevice device = Device(backend);
        foreach (AttentionOptions options in Schedules.Of(backend))
        {
            // A work group is as many threads on the managed CPU: a few repeats there, all of them elsewhere.
            int repeats = backend == Backend.Cpu && options.Schedule == KernelSchedule.Simt ? 3 : Repeats;
            using Tensor<float> query = device.Upload(inputs.Query, attention.QueryShape);
            using Tensor<float> key = device.Upload(inputs.Key, attention.KeyShape);
            using Tensor<float> value = device.Upload(inputs.Value, attention.KeyShape);
            using Tensor<float> output = device.Allocate<float>(attention.QueryShape);
            using AttentionPlan plan = device.PlanAttention(attention.QueryShape, attention.KeyShape, new CausalMask(), options);
            byte[]? first = null;
            for (int repeat = 0; repeat < repeats; repeat++)
            {
                output.CopyFrom(Enumerable.Repeat(float.NaN, inputs.OutputLength).ToArray());
                plan.Run(query, key, value, output);
                device.Synchronize();
                byte[] bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(output.ToArray()).ToArray();
                first ??= bytes;
                bytes.AsSpan().SequenceEqual(first).Should().BeTrue("repeat {0} of {1}", repeat, options);
            }
        }
    }
}
