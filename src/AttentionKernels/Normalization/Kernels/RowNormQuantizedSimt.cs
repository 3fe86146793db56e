using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    internal static partial class Simt<TAccess>
    {
        internal static partial class Of<TSource>
        {
            /// <summary>round(y / scale), saturated, with y as <see cref="RowNormSimt"/> has it in fp32, and a scale that is given, or
            /// found of each row: max |y| / the largest number that can be stored. Simt schedule.</summary>
            /// <remarks>
            /// <para>Dettmers, Lewis, Belkada and Zettlemoyer, "LLM.int8(): 8-bit matrix multiplication for transformers at scale", 2022: a
            /// scale for each row.</para>
            /// <para>Tile: a work group owns a row, a thread the fours of features t, t+128, …. Where the scale is found, the row is
            /// normalised twice, mostly from a cache: the threads' largest magnitudes meet in shared memory, and then what is normalised
            /// again is stored.</para>
            /// </remarks>
            /// <typeparam name="TNumber">How results are stored.</typeparam>
            internal readonly struct RowNormQuantizedSimt<TNumber> : IGroupKernel<QuantizedArguments>
                where TNumber : unmanaged, IWritableFormat<TNumber>
            {
                public static int GroupSize => GroupSum.Threads;

                public static void Run(QuantizedArguments arguments)
                {
                    ArrayView<float> shared = GroupSum.Allocate();
                    NormRows rows = arguments.Rows;
                    NormalizedValues values = rows.Row(Grid.IdxX);
                    Standardization by = StandardizationOf(
                        arguments.Input, arguments.Addend, arguments.Sum, rows, values, shared);
                    var input = new Row<TElement>(arguments.Input, values.First, rows.Hidden);
                    var output = new Row<TNumber>(
                        arguments.Numbers.Cast<TNumber>(), rows.Offset(Grid.IdxX, rows.Output), rows.Hidden);

                    // No branch about the barriers: PoCL would compile for minutes.
                    float largest = 0f;
                    int seen = arguments.FindsScales != 0 ? input.Fours : 0;
                    for (int four = Group.IdxX; four < seen; four += GroupSum.Threads)
                        largest = GroupMaximum.LargerMagnitude(Normalized(by, rows, four, input.Load(four)), largest);
                    float found = RowScale.Of(GroupMaximum.OfMagnitudes(largest, shared), TNumber.Largest);
                    float scale = arguments.FindsScales != 0 ? found : arguments.Scale;
                    if (arguments.FindsScales != 0 && Group.IdxX == 0)
                        arguments.Scales[Grid.IdxX] = found;
                    for (int four = Group.IdxX; four < input.Fours; four += GroupSum.Threads)
                        output.Store(four, Normalized(by, rows, four, input.Load(four)).Divide(scale));
                }
            }
        }
    }
}
