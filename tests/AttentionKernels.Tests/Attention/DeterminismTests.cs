using AttentionKernels.Tests.Infrastructure;
using Xunit;

namespace AttentionKernels.Tests.Attention;

/// <summary>Results are equal bit for bit from run to run.</summary>
public class DeterminismTests(TestDevices devices) : DeviceTests(devices)
{
    [Theory, EachBackend]
    public void Every_run_gives_the_same_bits(Backend backend)
    {
        AttentionCase attention = new(2, 4, 2, 5, 130, 24, MaskKind.CausalBottomRight, MemoryLayout.Dense);
        AttentionInputs inputs = AttentionRunner.Inputs(attention);
        AttentionDevice device = Device(backend);
        foreach (AttentionOptions options in Schedules.Of(backend))
        {
            using Tensor<float> query = device.Upload(inputs.Query, attention.QueryShape);
            using Tensor<float> key = device.Upload(inputs.Key, attention.KeyShape);
            using Tensor<float> value = device.Upload(inputs.Value, attention.KeyShape);
            using Tensor<float> output = device.Allocate<float>(attention.QueryShape);
            using AttentionPlan<float> plan = device.PlanAttention(attention.QueryShape, attention.KeyShape, new CausalMask(), options);
            Repetition.VerifySameBits(backend, options.Schedule, () =>
            {
                output.CopyFrom(Enumerable.Repeat(float.NaN, inputs.OutputLength).ToArray());
                plan.Run(query, key, value, output);
                device.Synchronize();
                return output.ToArray();
            });
        }
    }
}
