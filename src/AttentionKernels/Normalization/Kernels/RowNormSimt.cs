using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>Normalisation of rows: what its kernels are generic over, once.</summary>
/// <typeparam name="TCenter">What the moments of a row are about.</typeparam>
/// <typeparam name="TAffine">Which weights and biases follow.</typeparam>
internal static partial class RowNormModule<TCenter, TAffine>
    where TCenter : struct, IMomentsCenter
    where TAffine : struct, IAffine
{
    /// <summary>The Simt schedule: its kernel, and how a work group sums a row.</summary>
    /// <typeparam name="TAccess">How rows are accessed: four features at once, or one by one.</typeparam>
    internal static partial class Simt<TAccess>
        where TAccess : struct, IRowAccess
    {
        /// <summary>Layer norm y = (x − mean(x)) / √(var(x) + ε) · w + b with the biased variance, and RMSNorm y = x / √(mean(x²) + ε) · w.
        /// Simt schedule.</summary>
        /// <remarks>
        /// <para>Ba, Kiros and Hinton, "Layer normalization", 2016; Zhang and Sennrich, "Root mean square layer normalization",
        /// 2019.</para>
        /// <para>Tile: a work group owns a row, a thread the fours of features t, t+128, …, which come at one load and go at one store; the
        /// threads' sums meet in shared memory. Then the row is read once more, mostly from a cache. Rows that begin anywhere are summed
        /// in the same order, and have the same bits.</para>
        /// </remarks>
        internal readonly struct RowNormSimt : IGroupKernel<RowNormArguments>
        {
            public static int GroupSize => GroupSum.Threads;

            public static void Run(RowNormArguments arguments)
            {
                ArrayView<float> shared = GroupSum.Allocate();
                NormalizedValues values = arguments.Row(Grid.IdxX);
                Standardization by = Moments.Of<RowSummation, TCenter>(arguments.Input, values, arguments.Epsilon, shared)
                    .Standardization(arguments.Epsilon);
                var input = new Row(arguments.Input, values.First, arguments.Hidden);
                var output = new Row(arguments.Output, Grid.IdxX * arguments.OutputRowStride, arguments.Hidden);
                var weight = new Row(arguments.Weight, 0, arguments.Hidden);
                var bias = new Row(arguments.Bias, 0, arguments.Hidden);
                for (int four = Group.IdxX; four < input.Fours; four += GroupSum.Threads)
                {
                    RegisterRow x = input.Load(four);
                    var value = new RegisterRow(by.Apply(x.A), by.Apply(x.B), by.Apply(x.C), by.Apply(x.D));
                    if (TAffine.HasBias)
                        value = bias.Load(four).MultiplyAdd(value, weight.Load(four));
                    else if (TAffine.HasWeight)
                        value = value.Multiply(weight.Load(four));
                    output.Store(four, value);
                }
            }
        }
    }
}
