using AttentionKernels.Devices;
using AttentionKernels.Linear;
using AttentionKernels.Linear.Kernels;
using AttentionKernels.Tensors;
using ILGPU.Runtime;

namespace AttentionKernels;

public sealed partial class LinearPlan<TActivation, TWeight>
{
    /// <summary>The tensors of a linear layer, with a plan or without.</summary>
    internal readonly struct Tensors(
        AttentionDevice device, TensorView<TActivation> input, TensorView<TWeight> weight, TensorView<float>? bias,
        TensorView<TActivation> output)
    {
        /// <summary>Checks them.</summary>
        public LinearSizes Check()
        {
            ArgumentNullException.ThrowIfNull(device);
            TensorChecks.Extents(input.Shape, 2, nameof(input), "[tokens, columns]");
            TensorChecks.Extents(weight.Shape, 2, nameof(weight), "[rows, columns]");
            if (weight.Shape.ElementCount == 0)
            {
                throw new ArgumentException(
                    $"The shape of 'weight' is {weight.Shape}; it must be [rows, columns], with at least 1 row and 1 column.",
                    nameof(weight));
            }

            weight.CheckInput(device, weight.Shape, nameof(weight));
            weight.CheckDense(nameof(weight));
            input.CheckInput(device, [input.Shape[0], weight.Shape[1]], nameof(input));
            input.CheckDense(nameof(input));
            output.CheckOutput(device, [input.Shape[0], weight.Shape[0]], nameof(output));
            output.CheckDense(nameof(output));
            output.CheckDisjoint(nameof(output), input.Footprint, nameof(input));
            output.CheckDisjoint(nameof(output), weight.Footprint, nameof(weight));
            if (bias is { } biases)
            {
                biases.CheckInput(device, [weight.Shape[0]], nameof(bias));
                output.CheckDisjoint(nameof(output), biases.Footprint, nameof(bias));
            }

            return new LinearSizes
            {
                Tokens = (int)input.Shape[0],
                Rows = (int)weight.Shape[0],
                Columns = (int)weight.Shape[1],
            };
        }

        /// <summary>The call, of any formats.</summary>
        public LinearCall Call(AcceleratorStream? stream) => new(
            DeviceChecks.Stream(device, stream), input.Data.Cast<byte>(), weight.Data.Cast<byte>(),

            // Drivers want real memory in the place of numbers that a kernel has none of.
            bias?.Data ?? output.Data.SubView(0, 0).Cast<float>(), output.Data.Cast<byte>());
    }
}
