using AttentionKernels.Attention.Layouts;
using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.Positions.Kernels;
using ILGPU;

namespace AttentionKernels.KeyValueCache.Kernels;

/// <summary>Appending to pages: what its kernel is generic over, once.</summary>
/// <typeparam name="TElement">The format of new keys and values.</typeparam>
/// <typeparam name="TKey">The format of stored keys.</typeparam>
/// <typeparam name="TValue">The format of stored values.</typeparam>
internal static partial class AppendModule<TElement, TKey, TValue>
    where TElement : unmanaged, IElement<TElement>
    where TKey : unmanaged, IWritableFormat<TKey>
    where TValue : unmanaged, IWritableFormat<TValue>
{
    /// <summary>What <see cref="AppendToPages{TPairs}"/> takes.</summary>
    internal struct AppendArguments
    {
        [KernelInput]
        public ArrayView<TElement> Key;
        [KernelInput]
        public ArrayView<TElement> Value;
        [KernelInput]
        public ArrayView<long> Slots;
        [KernelInput]
        public ArrayView<int> Positions;
        [KernelInput]
        public ArrayView<float> Cosine;
        [KernelInput]
        public ArrayView<float> Sine;
        public KeyValueBuffer<TKey> KeyPages;
        public KeyValueBuffer<TValue> ValuePages;
        public long KeyTokenStride;
        public long KeyHeadStride;
        public long ValueTokenStride;
        public long ValueHeadStride;
        public long SlotStride;
        public long PositionStride;
        public long SlotCount;
        public int PageSize;

        /// <summary>The heads of the new tokens, in runs of their numbers: whole units of memory, and all of a head where its scale is to
        /// be found.</summary>
        public HeadTiles Tiles;

        /// <summary>Elements of a key that are rotated by its token's position; 0 where none are.</summary>
        public int RotaryDimension;

        /// <summary>The first of them.</summary>
        public int RotaryStart;

        /// <summary>Positions in the table of angles.</summary>
        public int TablePositions;

        /// <summary>Whether each head of a token has its own scale, which is found from its numbers.</summary>
        public int FindsScales;

        /// <summary>Whether values are stored: 0 in a latent cache.</summary>
        public int StoresValues;
    }

    /// <summary>
    /// Stores the key and value of each new token in the slot that the slot mapping gives it, keys rotated by their positions, both as the
    /// pages store numbers; −1 and numbers that are no slot are skipped.
    /// </summary>
    /// <remarks>
    /// After vLLM's <c>reshape_and_cache</c>, with rotary embedding (see <see cref="RotaryModule{TPairs}.RotaryEmbedding{TAccess}"/>)
    /// and quantisation on the way: stored = round(x / scale). Tile: a run of numbers of one head of one token, a unit or two on a GPU and
    /// the whole head on a processor or where its scale is max |x| / the largest number that can be stored. Tokens of one call have
    /// different slots, so no two tiles write the same place. A NaN in a head becomes its scale, and so shows in all of it.
    /// </remarks>
    internal readonly struct AppendToPages<TPairs> : ITileKernel<AppendArguments>
        where TPairs : struct, IRotaryPairs
    {
        // 2⁻¹²⁶, the smallest fp32 number that devices do not flush to 0.
        private const float SmallestNormal = 1.17549435e-38f;

        public static void Run(AppendArguments arguments, long tile, ArrayView<float> scratch)
        {
            HeadTile at = arguments.Tiles.At(tile);
            long token = at.Token;
            long slot = arguments.Slots[token * arguments.SlotStride];
            if (slot < 0 || slot >= arguments.SlotCount)
                return;

            int position = arguments.RotaryDimension > 0 ? arguments.Positions[token * arguments.PositionStride] : 0;
            var key = new NewRow<TElement>
            {
                Data = arguments.Key,
                Offset = (token * arguments.KeyTokenStride) + (at.Head * arguments.KeyHeadStride),
                Cosine = arguments.Cosine,
                Sine = arguments.Sine,
                RotaryDimension = arguments.RotaryDimension,
                RotaryStart = arguments.RotaryStart,
                Angle = (long)position * (arguments.RotaryDimension / 2),
                HasAngles = arguments.RotaryDimension == 0 || (position >= 0 && position < arguments.TablePositions) ? 1 : 0,
            };
            Pages<TKey>.Store(arguments, key, arguments.KeyPages, slot, at);
            if (arguments.StoresValues == 0)
                return;
            var value = new NewRow<TElement>
            {
                Data = arguments.Value,
                Offset = (token * arguments.ValueTokenStride) + (at.Head * arguments.ValueHeadStride),
                Cosine = arguments.Cosine,
                Sine = arguments.Sine,
                HasAngles = 1,
            };
            Pages<TValue>.Store(arguments, value, arguments.ValuePages, slot, at);
        }

        // Numbers of a row into the pages of a format.
        private static class Pages<TFormat>
            where TFormat : unmanaged, IWritableFormat<TFormat>
        {
            public static void Store(
                AppendArguments arguments, NewRow<TElement> row, KeyValueBuffer<TFormat> pages, long slot, HeadTile at)
            {
                Division page = Division.Of(slot, arguments.PageSize);
                float scale = 1f;
                if (TFormat.IsScaled)
                {
                    long offset = pages.ScaleRow(page.Quotient, page.Remainder, at.Head);
                    if (arguments.FindsScales != 0)
                        pages.Scales[offset] = Scale(row, arguments.Tiles.Items);
                    scale = pages.Scales[offset];
                }

                long target = pages.Row(page.Quotient, page.Remainder, at.Head);
                for (int element = at.First; element < at.End; element += TFormat.PerUnit)
                {
                    float number = row.Number<TPairs>(element);
                    float next = TFormat.PerUnit > 1 && element + 1 < at.End ? row.Number<TPairs>(element + 1) : 0f;
                    pages.Data[target + (element / TFormat.PerUnit)] = TFormat.IsScaled
                        ? TFormat.Narrow(number / scale, next / scale)
                        : TFormat.Narrow(number, next);
                }
            }

            private static float Scale(NewRow<TElement> row, int count)
            {
                float largest = 0f;
                for (int element = 0; element < count; element++)
                {
                    // A NaN is larger than any number, and stays.
                    float magnitude = Math.Abs(row.Number<TPairs>(element));
                    if (!(magnitude <= largest))
                        largest = largest >= 0f ? magnitude : largest;
                }

                // A subnormal quotient could be 0, and divide 0 by 0; NaN is not less than anything, and stays.
                float scale = largest / TFormat.Largest;
                return largest == 0f ? 1f : scale < SmallestNormal ? SmallestNormal : scale;
            }
        }
    }
}
