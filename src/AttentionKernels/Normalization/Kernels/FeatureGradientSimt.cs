using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    internal static partial class Simt<TAccess>
    {
        /// <summary>The gradients of the weights and biases of layer and RMS norm over chunks of rows: dw = Σ dy·x̂ and db = Σ dy for each
        /// feature, with the normalised x̂. Simt schedule.</summary>
        /// <remarks>Tile: a work group owns 128 fours of features of a chunk of rows, a thread one of them, whose sums it has in registers,
        /// with what each addition rounds away.</remarks>
        internal readonly struct FeatureGradientSimt : IGroupKernel<RowBackwardArguments>
        {
            public static int GroupSize => GroupSum.Threads;

            /// <summary>Work groups of a chunk.</summary>
            public static int GroupsOfChunk(int stride) => ((stride / 4) + GroupSum.Threads - 1) / GroupSum.Threads;

            public static void Run(RowBackwardArguments arguments)
            {
                NormRows rows = arguments.Rows;
                FeatureSums sums = arguments.Sums;
                int groups = GroupsOfChunk(sums.Stride);
                int chunk = Grid.IdxX / groups;
                int four = (Grid.IdxX % groups * GroupSum.Threads) + Group.IdxX;
                if (four >= sums.Stride / 4)
                    return;

                RegisterRow weight = default, weightError = default, bias = default, biasError = default;
                long end = sums.FirstRow(chunk + 1, rows.Count);
                for (long index = sums.FirstRow(chunk, rows.Count); index < end; index++)
                {
                    RegisterRow x = new Row<TElement>(arguments.Input, rows.Offset(index, rows.Input), rows.Hidden).Load(four);
                    RegisterRow given = new Row<TElement>(
                        arguments.OutputGradient, rows.Offset(index, rows.Addend), rows.Hidden).Load(four);
                    RegisterRow term = given.Multiply(Standardized(arguments.Standardizations[index], x));
                    RegisterRow sum = weight.Add(term);
                    weightError = weightError.Add(weight.RoundedAway(term, sum));
                    weight = sum;
                    if (TAffine.HasBias)
                    {
                        sum = bias.Add(given);
                        biasError = biasError.Add(bias.RoundedAway(given, sum));
                        bias = sum;
                    }
                }

                ArrayView<RegisterRow> ofChunk = sums.OfChunk(chunk).Cast<RegisterRow>();
                ofChunk[four] = weight;
                ofChunk[four + (sums.Stride / 4)] = weightError;
                if (TAffine.HasBias)
                {
                    ofChunk[four + (sums.Stride / 2)] = bias;
                    ofChunk[four + (3 * (sums.Stride / 4))] = biasError;
                }
            }
        }
    }
}
