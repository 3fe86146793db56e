using AttentionKernels.Attention.Layouts;
using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using AttentionKernels.Positions.Kernels;
using ILGPU;

namespace AttentionKernels.KeyValueCache.Kernels;

/// <summary>Appending to pages: what its kernels are generic over, once.</summary>
/// <typeparam name="TElement">The format of new keys and values.</typeparam>
/// <typeparam name="TKey">The format of stored keys.</typeparam>
/// <typeparam name="TValue">The format of stored values.</typeparam>
/// <typeparam name="TPairs">Which elements of a key are rotated as a pair.</typeparam>
internal static partial class AppendModule<TElement, TKey, TValue, TPairs>
    where TElement : unmanaged, IElement<TElement>
    where TKey : unmanaged, IWritableFormat<TKey>
    where TValue : unmanaged, IWritableFormat<TValue>
    where TPairs : struct, IRotaryPairs
{
    /// <summary>What the kernels take.</summary>
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

        /// <summary>New heads: those of all tokens.</summary>
        public long Rows;

        /// <summary>Heads of a token.</summary>
        public int Heads;
        public int HeadDimension;

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

        /// <summary>
        /// Whether all rows, and those of the pages, begin at multiples of four numbers and have whole fours of numbers, rotated or not.
        /// </summary>
        public readonly bool AreRegular() =>
            HeadDimension % 4 == 0 && RotaryDimension % 8 == 0 && RotaryStart % 4 == 0 &&
            KeyTokenStride % 4 == 0 && KeyHeadStride % 4 == 0 && ValueTokenStride % 4 == 0 && ValueHeadStride % 4 == 0 &&
            Key.IsAligned(4) && Value.IsAligned(4) && Cosine.IsAligned(4) && Sine.IsAligned(4) &&
            KeyPages.AreAligned(4) && ValuePages.AreAligned(4);

        /// <summary>The slot of a token; a negative number where what is given is none.</summary>
        public readonly long Slot(long token)
        {
            long slot = Slots[token * SlotStride];
            return slot < SlotCount ? slot : -1;
        }

        /// <summary>The new key of a head of a token.</summary>
        public readonly NewRow NewKey(long token, int head)
        {
            int position = RotaryDimension > 0 ? Positions[token * PositionStride] : 0;
            return new NewRow
            {
                Data = Key,
                Offset = (token * KeyTokenStride) + (head * KeyHeadStride),
                Cosine = Cosine,
                Sine = Sine,
                RotaryDimension = RotaryDimension,
                RotaryStart = RotaryStart,
                Angle = (long)position * (RotaryDimension / 2),
                HasAngles = RotaryDimension == 0 || (position >= 0 && position < TablePositions) ? 1 : 0,
            };
        }

        /// <summary>The new value of a head of a token.</summary>
        public readonly NewRow NewValue(long token, int head) => new()
        {
            Data = Value,
            Offset = (token * ValueTokenStride) + (head * ValueHeadStride),
            Cosine = Cosine,
            Sine = Sine,
            HasAngles = 1,
        };
    }
}
