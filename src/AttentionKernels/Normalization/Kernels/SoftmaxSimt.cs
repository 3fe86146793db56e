using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    internal static partial class Simt<TAccess>
    {
        /// <summary>y = e^(x − max x) / Σ e^(x − max x), and 0 where all of the row is −∞. Simt schedule.</summary>
        /// <remarks>
        /// <para>Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018.</para>
        /// <para>Tile: a work group owns a row, a thread the fours of numbers t, t+128, …, four of them under way at a time. The threads'
        /// maxima meet in shared memory, and then their sums, relative to the largest. Then the row is read once more, mostly from a cache.
        /// Rows that begin anywhere are summed in the same order, and have the same bits.</para>
        /// </remarks>
        internal readonly struct SoftmaxSimt : IGroupKernel<RowNormArguments>
        {
            private const int Threads = GroupSum.Threads;

            public static int GroupSize => Threads;

            public static void Run(RowNormArguments arguments)
            {
                ArrayView<float> shared = GroupSum.Allocate();
                NormRows rows = arguments.Rows;
                var input = new Row<TElement>(arguments.Input, rows.Offset(Grid.IdxX, rows.Input), rows.Hidden);
                var output = new Row<TElement>(arguments.Output, rows.Offset(Grid.IdxX, rows.Output), rows.Hidden);
                OwnSum own = SumOf(input);
                var all = new ExponentialSum { Maximum = GroupMaximum.Of(own.Maximum, shared) };
                float subtrahend = all.Subtrahend;
                all.Sum = GroupSum.Of(new ShiftedSums { Sum = own.Relative(subtrahend) }, shared).Sum;
                float factor = all.Normalizer;
                for (int four = Group.IdxX; four < input.Fours; four += Threads)
                    output.Store(four, Exponentials(input.Load(four), subtrahend).Scale(factor));
            }

            // The sum of the thread's own numbers.
            private static OwnSum SumOf(Row<TElement> row)
            {
                OwnSum sum = OwnSum.Empty;
                int four = Group.IdxX;
                for (; four + (3 * Threads) < row.Fours; four += 4 * Threads)
                {
                    RegisterRow a = row.Load(four);
                    RegisterRow b = row.Load(four + Threads);
                    RegisterRow c = row.Load(four + (2 * Threads));
                    RegisterRow d = row.Load(four + (3 * Threads));
                    float largest = GroupMaximum.Larger(b, GroupMaximum.Larger(a, sum.Maximum));
                    float subtrahend = sum.Raise(GroupMaximum.Larger(d, GroupMaximum.Larger(c, largest)));
                    a = Exponentials(a, subtrahend).Add(Exponentials(b, subtrahend));
                    d = row.Within(four + (3 * Threads), Exponentials(d, subtrahend));
                    sum.Add(a.Add(Exponentials(c, subtrahend).Add(d)).Sum());
                }

                for (; four < row.Fours; four += Threads)
                {
                    RegisterRow a = row.Load(four);
                    float subtrahend = sum.Raise(GroupMaximum.Larger(a, sum.Maximum));
                    sum.Add(row.Within(four, Exponentials(a, subtrahend)).Sum());
                }

                return sum;
            }

            private static RegisterRow Exponentials(RegisterRow x, float subtrahend) => new(
                Exponential.Exp(x.A - subtrahend), Exponential.Exp(x.B - subtrahend),
                Exponential.Exp(x.C - subtrahend), Exponential.Exp(x.D - subtrahend));

            // The sum of exponentials relative to the largest number so far.
            private struct OwnSum
            {
                private CompensatedSum _sum;

                public static OwnSum Empty => new() { Maximum = float.NegativeInfinity };

                public float Maximum { get; private set; }

                /// <summary>The sum becomes one relative to a maximum that is as large or larger.</summary>
                /// <returns>What is subtracted of numbers.</returns>
                public float Raise(float maximum)
                {
                    float subtrahend = ExponentialSum.SubtrahendOf(maximum);
                    _sum.Scale(Exponential.Exp(Maximum - subtrahend));
                    Maximum = maximum;
                    return subtrahend;
                }

                public void Add(float term) => _sum.Add(term);

                /// <summary>The sum relative to another subtrahend.</summary>
                public readonly float Relative(float subtrahend) => _sum.Value * Exponential.Exp(Maximum - subtrahend);
            }
        }
    }
}
