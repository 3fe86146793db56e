using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU;

namespace AttentionKernels.Positions.Kernels;

internal static partial class RotaryModule<TElement, TPairs>
{
    /// <summary>
    /// (a, b) → (a·cos − b·sin, a·sin + b·cos) for each pair of a head, by the angle of its token's position; elements beyond the rotary
    /// dimension stay as they are. Of one tensor, or of queries and keys in one launch. Vector schedule.
    /// </summary>
    /// <remarks>
    /// <para>Su et al., "RoFormer: Enhanced transformer with rotary position embedding", 2021.</para>
    /// <para>Tile: all heads of a token, which share its angles. Pairs are read before they are written, so the output may be the input. A
    /// position that the table does not have gives NaN in the whole token, as <see cref="RotaryEmbedding{TAccess}"/> says.</para>
    /// </remarks>
    internal readonly struct RotaryVector<TVector, TStore> : ITileKernel<RotaryArguments>
        where TVector : struct, IVector<TVector>
        where TStore : struct, IStorePolicy
    {
        public static void Run(RotaryArguments arguments, long tile, ArrayView<float> scratch)
        {
            HeadTile at = arguments.Tiles.At(tile);
            Turn(arguments, arguments.Query, at);
            Turn(arguments, arguments.Key, at);
        }

        private static void Turn(in RotaryArguments arguments, in RotaryRows rows, HeadTile at)
        {
            if (rows.Heads == 0)
                return;
            int pairs = arguments.RotaryDimension / 2;
            int position = arguments.Positions.Of(at.Batch, at.Token);
            ArrayView<TElement> input = rows.Input.SubView(rows.InputOffset(at.Batch, at.Token));
            ArrayView<TElement> output = rows.Output.SubView(rows.OutputOffset(at.Batch, at.Token));
            if (arguments.Has(position))
            {
                long angle = (long)position * pairs;
                var shape = new RotaryShape
                {
                    RowStride = rows.InputHeadStride,
                    TargetStride = rows.OutputHeadStride,
                    Heads = rows.Heads,
                    Pairs = pairs,
                    Dimension = arguments.HeadDimension,
                };
                var angles = new RotaryAngles(arguments.Cosine.SubView(angle), arguments.Sine.SubView(angle));
                if (TPairs.AreNeighbours)
                    RowKernels<TVector, TElement, TStore>.RotaryRow.Interleaved(input, angles, output, shape);
                else
                    RowKernels<TVector, TElement, TStore>.RotaryRow.HalfSplit(input, angles, output, shape);
                return;
            }

            for (int head = 0; head < rows.Heads; head++)
            {
                for (int element = 0; element < arguments.HeadDimension; element++)
                    output[(head * rows.OutputHeadStride) + element] = TElement.Narrow(float.NaN);
            }
        }
    }
}
