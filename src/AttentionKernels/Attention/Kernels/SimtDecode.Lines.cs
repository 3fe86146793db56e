using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using ILGPU;
using ILGPU.Util;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    internal static partial class SimtDecode<TAccess, TTile>
    {
        /// <summary>Rows of numbers in memory, as threads copy lines of them to shared memory, in fp32: 16 bytes a load.</summary>
        /// <typeparam name="TFormat">How they are stored.</typeparam>
        private readonly struct Lines<TFormat>
            where TFormat : unmanaged, IFormat<TFormat>
        {
            private readonly ArrayView<TFormat> _units;
            private readonly ArrayView<Four<uint>> _words;
            private readonly int _first;
            private readonly int _length;

            /// <param name="memory">The memory.</param>
            /// <param name="first">The number of a row from which on the thread copies.</param>
            /// <param name="length">Numbers of a row.</param>
            public Lines(ArrayView<TFormat> memory, int first, int length)
            {
                _units = memory;
                _words = memory.Cast<Four<uint>>();
                if (IsByWords)
                    _words = _words.SubView(first / PerLoad);
                _first = first;
                _length = length;
            }

            /// <summary>Numbers of a load; rows that begin anywhere are loaded number by number, four a thread.</summary>
            public static int PerLoad => IsByWords ? 4 * TFormat.PerWord : 4;

            /// <summary>Loads of a line.</summary>
            public static int Loads => Line / PerLoad;

            // From a load of a thread to its next one, in fours of a panel.
            private static int LoadFours => Keys / Loads * LineFours;

            private static bool IsByWords => TAccess.IsRegular && TFormat.PerWord > 0;

            /// <summary>Where a row begins, as copies take it.</summary>
            public static long Start(long row) => IsByWords ? row * TFormat.PerUnit / PerLoad : row;

            /// <summary>Copies the thread's loads of a panel, four of them under way at a time.</summary>
            /// <param name="starts">Where the rows begin, that of the next load <paramref name="step"/> further.</param>
            /// <param name="step">How many rows.</param>
            /// <param name="target">Where the first number goes.</param>
            public void Copy(ArrayView<long> starts, int step, ArrayView<RegisterRow> target)
            {
                if (!IsByWords)
                {
                    for (int load = 0; load < Loads; load++)
                        target[load * LoadFours] = Numbers(starts[load * step]);
                }
                else if (Loads == 1)
                    Store(_words[starts[0]], target);
                else if (Loads == 2)
                {
                    Four<uint> first = _words[starts[0]];
                    Four<uint> second = _words[starts[step]];
                    Store(first, target);
                    Store(second, target.SubView(LoadFours));
                }
                else
                {
                    for (int load = 0; load < Loads; load += 4)
                    {
                        ArrayView<long> own = starts.SubView(load * step);
                        Four<uint> first = _words[own[0]];
                        Four<uint> second = _words[own[step]];
                        Four<uint> third = _words[own[2 * step]];
                        Four<uint> fourth = _words[own[3 * step]];
                        ArrayView<RegisterRow> ownTarget = target.SubView(load * LoadFours);
                        Store(first, ownTarget);
                        Store(second, ownTarget.SubView(LoadFours));
                        Store(third, ownTarget.SubView(2 * LoadFours));
                        Store(fourth, ownTarget.SubView(3 * LoadFours));
                    }
                }
            }

            /// <summary>Copies one load's numbers.</summary>
            public void Copy(long start, ArrayView<RegisterRow> target)
            {
                if (IsByWords)
                    Store(_words[start], target);
                else
                    target[0] = Numbers(start);
            }

            /// <summary>Stores zeros in the place of one load's numbers.</summary>
            public static void Clear(ArrayView<RegisterRow> target)
            {
                for (int four = 0; four < PerLoad / 4; four++)
                    target[four] = default;
            }

            private static void Store(Four<uint> words, ArrayView<RegisterRow> target)
            {
                if (PerLoad == 4)
                    target[0] = new RegisterRow(
                        TFormat.Widen(words.A, 0), TFormat.Widen(words.B, 0), TFormat.Widen(words.C, 0), TFormat.Widen(words.D, 0));
                if (PerLoad == 8)
                {
                    target[0] = new RegisterRow(
                        TFormat.Widen(words.A, 0), TFormat.Widen(words.A, 1), TFormat.Widen(words.B, 0), TFormat.Widen(words.B, 1));
                    target[1] = new RegisterRow(
                        TFormat.Widen(words.C, 0), TFormat.Widen(words.C, 1), TFormat.Widen(words.D, 0), TFormat.Widen(words.D, 1));
                }

                if (PerLoad > 8)
                {
                    for (int first = 0; first < PerLoad / 4; first += 4)
                    {
                        ArrayView<RegisterRow> own = target.SubView(first / 4);
                        own[0] = Numbers(words.A, first);
                        own[PerLoad / 16] = Numbers(words.B, first);
                        own[PerLoad / 8] = Numbers(words.C, first);
                        own[3 * PerLoad / 16] = Numbers(words.D, first);
                    }
                }
            }

            private static RegisterRow Numbers(uint word, int first) => new(
                TFormat.Widen(word, first), TFormat.Widen(word, first + 1), TFormat.Widen(word, first + 2), TFormat.Widen(word, first + 3));

            // Four numbers of a row that begins anywhere.
            private RegisterRow Numbers(long row) => new(Number(row, 0), Number(row, 1), Number(row, 2), Number(row, 3));

            // 0 behind the row's end. A selection takes ILGPU less time to compile than a branch.
            private float Number(long row, int place)
            {
                int index = Math.Min(_first + place, _length - 1);
                float number = TFormat.Widen(_units[row + (index / TFormat.PerUnit)], index % TFormat.PerUnit);
                return Utilities.Select(_first + place < _length, number, 0f);
            }
        }
    }
}
