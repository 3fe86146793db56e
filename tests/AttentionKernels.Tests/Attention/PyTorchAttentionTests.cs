using AttentionKernels.Oracle.PyTorch;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using Xunit;

namespace AttentionKernels.Tests.Attention;

/// <summary>Every kernel of a backend gives what PyTorch's <c>scaled_dot_product_attention</c> gives: with float masks, causal from the
/// first query and key, with grouped heads and with a scale.</summary>
public class PyTorchAttentionTests(TestDevices devices) : DeviceTests(devices)
{
    /// <summary>The names of the cases.</summary>
    public static IEnumerable<string> Cases => PyTorchCases.Attention.Select(attention => attention.Name);

    [Theory, EachBackend(Cases = nameof(Cases))]
    public void Attention_is_that_of_PyTorch(Backend backend, string name)
    {
        SdpaCase attention = PyTorchCases.Attention.Single(attention => attention.Name == name);
        if (attention.MaskShape is { } shape)
        {
            using Tensor<float> mask = Device(backend).Upload(attention.Mask, shape);
            Verify(backend, attention, new NoMask(), new DenseBias(mask));
        }
        else if (attention.Causal)
            Verify(backend, attention, new CausalMask(CausalAlignment.TopLeft), new NoModifier());
        else
            Verify(backend, attention, new NoMask(), new NoModifier());
    }

    private void Verify<TMask, TModifier>(Backend backend, SdpaCase attention, TMask mask, TModifier modifier)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        AttentionDevice device = Device(backend);
        AttentionInputs inputs = attention.Inputs;
        using Tensor<float> query = device.Upload(inputs.Query, attention.QueryShape);
        using Tensor<float> key = device.Upload(inputs.Key, attention.KeyShape);
        using Tensor<float> value = device.Upload(inputs.Value, attention.KeyShape);
        foreach (AttentionOptions options in Schedules.Of(backend))
        {
            using var output = GuardedTensor<float>.Poisoned(device, attention.QueryShape);
            using AttentionPlan<float> plan = device.PlanAttention(
                attention.QueryShape, attention.KeyShape, mask, modifier, options with { Scale = inputs.Scale });

            plan.Run(query, key, value, output);
            device.Synchronize();

            output.Verify();
            PyTorchData.Verify(output.ToArray(), attention.Name, SdpaCase.LargestValue);
        }
    }
}
