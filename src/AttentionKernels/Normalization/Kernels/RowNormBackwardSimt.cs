using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    internal static partial class Simt<TAccess>
    {
        /// <summary>
        /// The gradients of layer norm, dx = (g − mean(g) − x̂·mean(g·x̂)) / √(var + ε) with g = dy·w and the normalised x̂, and of
        /// RMSNorm, where mean(g) is left out. Simt schedule.
        /// </summary>
        /// <remarks>Tile: a work group owns a row, a thread the fours of features t, t+128, … The row is read three times, mostly from a
        /// cache: its moments once more, which no forward pass need keep; the sums over g, which meet in shared memory as those of the
        /// moments do; and dx. How the row was standardised stays in memory for the gradients of weights.</remarks>
        internal readonly struct RowNormBackwardSimt : IGroupKernel<RowBackwardArguments>
        {
            public static int GroupSize => GroupSum.Threads;

            public static void Run(RowBackwardArguments arguments)
            {
                ArrayView<float> shared = GroupSum.Allocate();
                NormRows rows = arguments.Rows;
                NormalizedValues values = rows.Row(Grid.IdxX);
                float first = TElement.Widen(arguments.Input[values.First]);
                Standardization by = MomentsOf<RowSummation>(arguments.Input, values, first, rows.Epsilon, shared)
                    .Standardization(rows.Epsilon);
                if (TAffine.HasWeight && Group.IdxX == 0)
                    arguments.Standardizations[Grid.IdxX] = by;

                var input = new Row<TElement>(arguments.Input, values.First, rows.Hidden);
                var given = new Row<TElement>(arguments.OutputGradient, rows.Offset(Grid.IdxX, rows.Addend), rows.Hidden);
                var sum = default(CompensatedSum);
                var products = default(CompensatedSum);
                for (int four = Group.IdxX; four < input.Fours; four += GroupSum.Threads)
                {
                    RegisterRow gradient = input.Within(four, Weighted(rows, four, given.Load(four)));
                    sum.Add(gradient.PairwiseSum());
                    products.Add(gradient.Multiply(Standardized(by, input.Load(four))).PairwiseSum());
                }

                NormSlope slope = SlopeOf(
                    by, GroupSum.Of(new GradientSums { Sum = sum.Value, Products = products.Value }, shared), rows.Hidden, 1f);
                var target = new Row<TElement>(arguments.InputGradient, rows.Offset(Grid.IdxX, rows.Output), rows.Hidden);
                for (int four = Group.IdxX; four < input.Fours; four += GroupSum.Threads)
                {
                    RegisterRow x = Standardized(by, input.Load(four));
                    RegisterRow gradient = Weighted(rows, four, given.Load(four));
                    target.Store(four, new RegisterRow(
                        slope.Apply(gradient.A, x.A), slope.Apply(gradient.B, x.B), slope.Apply(gradient.C, x.C),
                        slope.Apply(gradient.D, x.D)));
                }
            }
        }

        // Products that are rounded before the mean of their like is subtracted: a row of one number has the gradient 0.
        private static RegisterRow Weighted(in NormRows rows, int four, RegisterRow gradient) =>
            TAffine.HasWeight ? new RegisterRow(0f, 0f, 0f, 0f).MultiplyAdd(gradient, Weights(rows, four)) : gradient;
    }
}
