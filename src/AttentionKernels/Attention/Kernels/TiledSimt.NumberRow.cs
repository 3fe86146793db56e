using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    internal static partial class TiledSimt<TAccess>
    {
        /// <summary>A row of numbers in memory, as a thread of the Simt schedule reads it: four numbers at a time.</summary>
        /// <typeparam name="TFormat">How they are stored.</typeparam>
        private readonly struct NumberRow<TFormat>
            where TFormat : unmanaged, IFormat<TFormat>
        {
            private readonly ArrayView<TFormat> _units;
            private readonly ArrayView<Four<TFormat>> _fours;
            private readonly int _length;
            private readonly float _scale;

            /// <param name="memory">The memory; compilers see its beginning to be aligned, but not that of a row.</param>
            /// <param name="offset">Where the row begins.</param>
            /// <param name="length">Its numbers.</param>
            /// <param name="scale">What they are multiplied by, where the format has a scale.</param>
            public NumberRow(ArrayView<TFormat> memory, long offset, int length, float scale)
            {
                _units = memory.SubView(offset);
                _fours = memory.Cast<Four<TFormat>>();

                // Of rows that begin anywhere there may be no whole four.
                if (TAccess.IsRegular)
                    _fours = _fours.SubView(offset >> 2);
                _length = length;
                _scale = scale;
            }

            /// <summary>Four numbers of the row, from a multiple of four on; 0 behind its end where that is no multiple of four.</summary>
            public RegisterRow Four(int first)
            {
                if (TAccess.IsRegular && TFormat.PerUnit == 1)
                {
                    Four<TFormat> four = _fours[first >> 2];
                    return Scaled(new RegisterRow(
                        TFormat.Widen(four.A, 0), TFormat.Widen(four.B, 0), TFormat.Widen(four.C, 0), TFormat.Widen(four.D, 0)));
                }

                return Scaled(new RegisterRow(Number(first), Number(first + 1), Number(first + 2), Number(first + 3)));
            }

            private RegisterRow Scaled(RegisterRow numbers) => TFormat.IsScaled ? numbers.Scale(_scale) : numbers;

            private float Number(int index) => TAccess.IsRegular || index < _length
                ? TFormat.Widen(_units[index / TFormat.PerUnit], index % TFormat.PerUnit)
                : 0f;
        }
    }
}
