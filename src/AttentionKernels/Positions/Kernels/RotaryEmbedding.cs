using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Positions.Kernels;

/// <summary>Rotary embedding: what its kernels are generic over, once.</summary>
/// <typeparam name="TPairs">Which elements are rotated as a pair.</typeparam>
/// <typeparam name="TPositions">Which position a token has.</typeparam>
internal static partial class RotaryModule<TPairs, TPositions>
    where TPairs : struct, IRotaryPairs
    where TPositions : struct, ITokenPositions<TPositions>
{
    /// <summary>
    /// (a, b) → (a·cos − b·sin, a·sin + b·cos) for each pair of a head, by the angle of its token's position; elements beyond the rotary
    /// dimension stay as they are. For GPUs.
    /// </summary>
    /// <remarks>
    /// <para>Su et al., "RoFormer: Enhanced transformer with rotary position embedding", 2021.</para>
    /// <para>Tile: one item of a head, a pair that is rotated or an element that stays, so that neighbouring threads take neighbouring
    /// elements. A pair is read before it is written, so the output may be the input. A position that the table does not have gives NaN in
    /// the whole head: it shows, and nothing outside the table is read.</para>
    /// </remarks>
    internal readonly struct RotaryEmbedding : ITileKernel<RotaryArguments>
    {
        /// <summary>A tile for each item of a head: its pairs, and its elements beyond the rotary dimension.</summary>
        public static HeadTiles Tiles(int tokens, in RotaryArguments arguments) => new()
        {
            Tokens = tokens,
            Heads = arguments.Heads,
            Items = arguments.HeadDimension - (arguments.RotaryDimension / 2),
            Length = 1,
        };

        public static void Run(RotaryArguments arguments, long tile, ArrayView<float> scratch)
        {
            HeadTile at = arguments.Tiles.At(tile);
            int item = at.First;
            long input = arguments.InputOffset(at);
            long output = arguments.OutputOffset(at);
            int pairs = arguments.RotaryDimension / 2;
            int position = TPositions.Position(arguments.Positions, at.Batch, at.Token);
            bool known = position >= 0 && position < arguments.TablePositions;
            if (item < pairs)
            {
                int first = TPairs.First(item, arguments.RotaryDimension);
                int second = TPairs.Second(item, arguments.RotaryDimension);
                long angle = (known ? (long)position * pairs : 0) + item;
                float a = arguments.Input[input + first];
                float b = arguments.Input[input + second];
                float cosine = known ? arguments.Cosine[angle] : float.NaN;
                float sine = known ? arguments.Sine[angle] : float.NaN;
                arguments.Output[output + first] = FusedMultiplyAdd.Fma(a, cosine, -(b * sine));
                arguments.Output[output + second] = FusedMultiplyAdd.Fma(a, sine, b * cosine);
            }
            else
            {
                arguments.Output[output + pairs + item] = known ? arguments.Input[input + pairs + item] : float.NaN;
            }
        }
    }
}
