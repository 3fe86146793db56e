using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <content>What the Simt schedule makes of numbers, weights and biases, four at a time.</content>
internal static partial class NormModule<TElement, TCenter, TAffine>
{
    internal static partial class Simt<TAccess>
    {
        private static RegisterRow Standardized(Standardization by, RegisterRow x) =>
            new(by.Apply(x.A), by.Apply(x.B), by.Apply(x.C), by.Apply(x.D));

        // As it comes out of the norm, in fp32.
        private static RegisterRow Normalized(Standardization by, in NormRows rows, int four, RegisterRow x)
        {
            RegisterRow value = Standardized(by, x);
            if (TAffine.HasBias)
                return Features(rows.Bias, four, rows.Hidden).MultiplyAdd(value, Weights(rows, four));
            return TAffine.HasWeight ? value.Multiply(Weights(rows, four)) : value;
        }

        private static RegisterRow Weights(in NormRows rows, int four)
        {
            RegisterRow weights = Features(rows.Weight, four, rows.Hidden);
            return TAffine.IsFromOne ? weights.Add(new(1f, 1f, 1f, 1f)) : weights;
        }

        // Four weights or biases; behind the last one that again.
        private static RegisterRow Features(ArrayView<float> features, int four, int count) => TAccess.IsRegular
            ? features.Cast<RegisterRow>()[four]
            : new RegisterRow(
                features[4 * four], features[Math.Min((4 * four) + 1, count - 1)], features[Math.Min((4 * four) + 2, count - 1)],
                features[Math.Min((4 * four) + 3, count - 1)]);
    }
}
