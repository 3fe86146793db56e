using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Positions.Kernels;

/// <summary>Rotary embedding: what its kernels are generic over, once.</summary>
/// <typeparam name="TElement">How heads are stored. Angles are fp32.</typeparam>
/// <typeparam name="TPairs">Which elements are rotated as a pair.</typeparam>
internal static partial class RotaryModule<TElement, TPairs>
    where TElement : unmanaged, IElement<TElement>
    where TPairs : struct, IRotaryPairs
{
    /// <summary>
    /// (a, b) → (a·cos − b·sin, a·sin + b·cos) for each pair of a head, by the angle of its token's position; elements beyond the rotary
    /// dimension stay as they are. Of one tensor, or of queries and keys in one launch. For GPUs.
    /// </summary>
    /// <remarks>
    /// <para>Su et al., "RoFormer: Enhanced transformer with rotary position embedding", 2021.</para>
    /// <para>Tile: one item of a head, four pairs that are rotated or four elements that stay, 16 bytes a load and a store; neighbouring
    /// threads take neighbouring elements. Of rows that begin anywhere, or have other numbers of elements, an item is one pair or one
    /// element. Pairs are read before they are written, so the output may be the input. A position that the table does not have gives NaN
    /// in the whole head: it shows, and nothing outside the table is read.</para>
    /// </remarks>
    /// <typeparam name="TAccess">How rows are accessed: four elements at once, or one by one.</typeparam>
    internal readonly struct RotaryEmbedding<TAccess> : ITileKernel<RotaryArguments>
        where TAccess : struct, IRowAccess
    {
        /// <summary>A tile for each item of a head: its pairs, and its elements beyond the rotary dimension.</summary>
        public static HeadTiles Tiles(int tokens, in RotaryArguments arguments) => new()
        {
            Tokens = tokens,
            Heads = arguments.Query.Heads + arguments.Key.Heads,
            Items = (arguments.HeadDimension - (arguments.RotaryDimension / 2)) / AccessedRow<TElement, TAccess>.Elements,
        };

        public static void Run(RotaryArguments arguments, long tile, ArrayView<float> scratch)
        {
            HeadTile at = arguments.Tiles.At(tile);

            // Chosen between, views would lose their alignment.
            if (at.Head < arguments.Query.Heads)
                Turn(arguments, arguments.Query, at);
            else
                Turn(arguments, arguments.Key, at with { Head = at.Head - arguments.Query.Heads });
        }

        private static void Turn(in RotaryArguments arguments, in RotaryRows rows, HeadTile at)
        {
            var input = new AccessedRow<TElement, TAccess>(
                rows.Input, rows.InputOffset(at.Batch, at.Token) + (at.Head * rows.InputHeadStride));
            var output = new AccessedRow<TElement, TAccess>(
                rows.Output, rows.OutputOffset(at.Batch, at.Token) + (at.Head * rows.OutputHeadStride));
            int rotary = arguments.RotaryDimension / AccessedRow<TElement, TAccess>.Elements;
            int pairs = rotary / 2;
            bool isPair = at.Item < pairs;
            int first = isPair ? TPairs.First(at.Item, rotary) : pairs + at.Item;
            int second = isPair ? TPairs.Second(at.Item, rotary) : first;
            int position = arguments.Positions.Of(at.Batch, at.Token);
            if (!arguments.Has(position))
            {
                var none = new RegisterRow(float.NaN, float.NaN, float.NaN, float.NaN);
                output.Store(first, none);
                output.Store(second, none);
                return;
            }

            RegisterRow a = input.Load(first);
            RegisterRow b = input.Load(second);
            if (isPair)
            {
                long angle = (long)position * (arguments.RotaryDimension / 2);
                RegisterRow cosine = Angles(arguments.Cosine, angle, at.Item);
                RegisterRow sine = Angles(arguments.Sine, angle, at.Item);
                bool areMixed = TAccess.IsRegular && TPairs.AreNeighbours;
                RegisterRow x = areMixed ? new RegisterRow(a.A, a.C, b.A, b.C) : a;
                RegisterRow y = areMixed ? new RegisterRow(a.B, a.D, b.B, b.D) : b;
                RegisterRow turnedX = y.Multiply(sine).Negate().MultiplyAdd(x, cosine);
                RegisterRow turnedY = y.Multiply(cosine).MultiplyAdd(x, sine);
                a = areMixed ? new RegisterRow(turnedX.A, turnedY.A, turnedX.B, turnedY.B) : turnedX;
                b = areMixed ? new RegisterRow(turnedX.C, turnedY.C, turnedX.D, turnedY.D) : turnedY;
            }

            output.Store(first, a);
            output.Store(second, b);
        }

        private static RegisterRow Angles(ArrayView<float> angles, long offset, int place) => TAccess.IsRegular
            ? angles.Cast<RegisterRow>().SubView(offset >> 2)[place]
            : new RegisterRow(angles[offset + place], 0f, 0f, 0f);
    }
}
