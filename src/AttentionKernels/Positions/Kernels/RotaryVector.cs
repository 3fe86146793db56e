using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU;

namespace AttentionKernels.Positions.Kernels;

internal static partial class RotaryModule<TPairs>
{
    /// <summary>
    /// (a, b) → (a·cos − b·sin, a·sin + b·cos) for each pair of a head, by the angle of its token's position; elements beyond the rotary
    /// dimension stay as they are. Vector schedule.
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
            int pairs = arguments.RotaryDimension / 2;
            int position = arguments.Positions.Of(at.Batch, at.Token);
            ArrayView<float> input = arguments.Input.SubView(arguments.InputOffset(at));
            ArrayView<float> output = arguments.Output.SubView(arguments.OutputOffset(at));
            if (position >= 0 && position < arguments.TablePositions)
            {
                long angle = (long)position * pairs;
                var shape = new RotaryShape
                {
                    RowStride = arguments.InputHeadStride,
                    TargetStride = arguments.OutputHeadStride,
                    Heads = arguments.Heads,
                    Pairs = pairs,
                    Dimension = arguments.HeadDimension,
                };
                TPairs.Turn<TVector, TStore>(
                    input, new RotaryAngles(arguments.Cosine.SubView(angle), arguments.Sine.SubView(angle)), output, shape);
                return;
            }

            for (int head = 0; head < arguments.Heads; head++)
            {
                for (int element = 0; element < arguments.HeadDimension; element++)
                    output[(head * arguments.OutputHeadStride) + element] = float.NaN;
            }
        }
    }
}
