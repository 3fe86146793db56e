using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>Normalisation of rows: what its kernels are generic over, once.</summary>
/// <typeparam name="TCenter">What the moments of a row are about.</typeparam>
/// <typeparam name="TAffine">Which weights and biases follow.</typeparam>
internal static partial class RowNormModule<TCenter, TAffine>
    where TCenter : struct, IMomentsCenter
    where TAffine : struct, IAffine
{
    /// <summary>Layer norm y = (x − mean(x)) / √(var(x) + ε) · w + b with the biased variance, and RMSNorm y = x / √(mean(x²) + ε) · w.
    /// Simt schedule.</summary>
    /// <remarks>
    /// <para>Ba, Kiros and Hinton, "Layer normalization", 2016; Zhang and Sennrich, "Root mean square layer normalization", 2019.</para>
    /// <para>Tile: a work group owns a row, a thread the features t, t+128, …; the threads' sums meet in shared memory.</para>
    /// </remarks>
    internal readonly struct RowNormSimt : IGroupKernel<RowNormArguments>
    {
        public static int GroupSize => GroupSum.Threads;

        public static void Run(RowNormArguments arguments)
        {
            ArrayView<float> shared = SharedMemory.Allocate<float>(GroupSum.SharedLength);
            NormalizedValues row = arguments.Row(Grid.IdxX);
            Standardization by = Moments.Of<GroupSummation, TCenter>(arguments.Input, row, arguments.Epsilon, shared)
                .Standardization(arguments.Epsilon);
            long output = Grid.IdxX * arguments.OutputRowStride;
            for (int feature = Group.IdxX; feature < arguments.Hidden; feature += GroupSum.Threads)
            {
                float value = by.Apply(arguments.Input[row.First + feature]);
                arguments.Output[output + feature] = TAffine.Apply(value, arguments.Weight, arguments.Bias, feature);
            }
        }
    }
}
