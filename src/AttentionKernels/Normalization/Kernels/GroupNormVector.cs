using System.Runtime.CompilerServices;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    internal static partial class Vector<TVector, TStore>
    {
        /// <summary>y = (x − mean) / √(var + ε) · w_c + b_c over the values of a group of channels in a sample, with the biased variance.
        /// Vector schedule.</summary>
        /// <remarks>Wu and He, "Group normalization", 2018. Tile: one group of a sample, whose values lie one behind the other: its sums,
        /// as a rule in one pass, and the output, plane by plane.</remarks>
        internal readonly struct GroupNormVector : ITileKernel<BatchNormArguments>
        {
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void Run(BatchNormArguments arguments, long tile, ArrayView<float> scratch)
            {
                NormChannels channels = arguments.Channels;
                NormalizedValues values = channels.ValuesOfGroup(tile);
                float first = TElement.Widen(arguments.Input[values.First]);
                Standardization by = MomentsOf<VectorSummation>(arguments.Input, values.Joined(), first, channels.Epsilon, scratch)
                    .Standardization(channels.Epsilon);
                int channel = channels.FirstOfGroup(tile);
                for (int plane = 0; plane < values.Planes; plane++)
                    NormalizePlane(arguments, by, channel + plane, values.First + (plane * values.PlaneStride));
            }
        }
    }
}
