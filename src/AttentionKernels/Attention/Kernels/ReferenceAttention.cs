using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>What <see cref="ReferenceAttention"/> takes.</summary>
    internal struct ReferenceArguments
    {
        public ReferenceTensors Tensors;
        [KernelInput]
        public TMask Mask;
        [KernelInput]
        public TModifier Modifier;
        public double Scale;

        /// <summary>The score of a row's query against a key, −∞ where masked. A modifier is a function of fp32 numbers: the score is
        /// rounded for it, and for it alone.</summary>
        public readonly double Score(RowRun row, int key)
        {
            var at = new Position(row.Batch, row.Head, row.Query, key, Tensors.Rows.Queries, Tensors.Keys);
            double score = Tensors.Product(row, key) * Scale;
            if (!TModifier.IsIdentity)
                score = TModifier.Apply(Modifier, (float)score, at);
            return TMask.Allows(Mask, at) ? score : double.NegativeInfinity;
        }

        /// <summary>The score of a head's sink, which has no value; −∞ where there is none.</summary>
        public readonly double Sink(int head) => TModifier.HasSink ? TModifier.Sink(Modifier, head) : double.NegativeInfinity;
    }

    /// <summary>
    /// O = softmax(Q·Kᵀ·scale)·V in fp64 from end to end: with the scores s of a row, m = max s, w = e^(s − m), O = Σ w·v / Σ w, and the
    /// log-sum-exp m + ln Σ w. A reference: it is to be read and compared with, and is not fast.
    /// </summary>
    /// <remarks>
    /// <para>Tile: one query row of one head, a thread's. The first pass over the keys finds the largest score, so that no exponential
    /// overflows, and the second, which computes scores once more, adds weights, and weighted values right into the output.</para>
    /// <para>All that it has of the module is mask and modifier: its tensors are fp64, which is no <see cref="Formats.IElement{TSelf}"/>.
    /// </para>
    /// </remarks>
    internal readonly struct ReferenceAttention : ITileKernel<ReferenceArguments>
    {
        public static void Run(ReferenceArguments arguments, long tile, ArrayView<float> scratch)
        {
            ReferenceTensors tensors = arguments.Tensors;
            RowRun row = tensors.Rows.At(tile);
            double sink = arguments.Sink(row.Head);
            double maximum = sink;
            for (int key = 0; key < tensors.Keys; key++)
            {
                double score = arguments.Score(row, key);
                maximum = score > maximum ? score : maximum;
            }

            long output = tensors.OutputRow(row);
            for (int dimension = 0; dimension < row.End; dimension++)
                tensors.Output[output + dimension] = 0;

            double sum = Weight(sink, maximum);
            for (int key = 0; key < tensors.Keys; key++)
            {
                // The value of a masked key is never read, whatever it holds.
                double score = arguments.Score(row, key);
                if (score == double.NegativeInfinity)
                    continue;
                double weight = Weight(score, maximum);
                sum += weight;
                long value = tensors.ValueRow(row, key);
                for (int dimension = 0; dimension < row.End; dimension++)
                    tensors.Output[output + dimension] += weight * tensors.Value[value + dimension];
            }

            // A row without any key has output 0 and log-sum-exp −∞.
            if (sum != 0)
            {
                for (int dimension = 0; dimension < row.End; dimension++)
                    tensors.Output[output + dimension] /= sum;
            }

            if (tensors.LogSumExp.Length > 0)
                tensors.LogSumExp[row.Row] = sum == 0 ? double.NegativeInfinity : maximum + Fp64.Log(sum);
        }

        private static double Weight(double score, double maximum) =>
            score == double.NegativeInfinity ? 0 : Fp64.ExpOfNegative(score - maximum);
    }
}
