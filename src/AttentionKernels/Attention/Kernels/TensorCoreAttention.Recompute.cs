using AttentionKernels.Attention.State;
using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using AttentionKernels.MicroKernels.Warp;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    internal readonly partial struct TensorCoreAttention<TScores, TDepth, TOutput, TSums, TAccess>
    {
        // Scores beyond 2¹², in units of the exponent: the largest weight of a row is 2 to the rounding error of the largest score, from
        // which its rounding to 16 bits would differ by more than half a unit of the output's last place.
        private const int LargeScore = 0x4580_0000;
        private const int Infinity = 0x7F80_0000;
        private const int WarpThreads = 32;

        /// <summary>
        /// Computes rows once more whose outputs are NaN, since a masked value that is not finite makes NaN of its weight of 0, or whose
        /// scores are too large for exact weights, or infinite in units of the exponent. Rows take their turns, a warp its own.
        /// </summary>
        private static void RecomputeUnsound(
            Arguments arguments, WorkTile tile, SimtRows rows, TensorCoreState<TOutput, TSums> state)
        {
            TileRows outputs = TOutput.Sum(state.Output, default);
            uint first = Unsound(outputs.Upper.First, state.Maximum.Upper.First);
            uint second = Unsound(outputs.Upper.Second, state.Maximum.Upper.Second);
            uint third = Unsound(outputs.Lower.First, state.Maximum.Lower.First);
            uint fourth = Unsound(outputs.Lower.Second, state.Maximum.Lower.Second);
            if ((first | second | third | fourth) == 0)
                return;

            // What the warp has stored of these rows is replaced.
            WarpBarrier.Wait();
            int count = Math.Min(TOutput.Rows, rows.Count - FirstWarpRow);
            for (int row = 0; row < count; row++)
            {
                uint lanes = row < 8 ? first : row < 16 ? second : row < 24 ? third : fourth;
                if (((lanes >> (4 * (row & 7))) & 15) != 0)
                    Recompute(arguments, tile, rows, FirstWarpRow + row);
            }
        }

        // The lanes, four of each of eight rows, whose sum of outputs is NaN or whose maximum is large.
        private static uint Unsound(float output, float maximum)
        {
            int largest = (int)Interop.FloatAsInt(maximum) & int.MaxValue;
            int isLarge = ((LargeScore - largest) >> 31) & ((largest - Infinity) >> 31);

            // What looks like no score may be one of a modifier that is −∞ only in units of the exponent.
            if (!TModifier.IsIdentity && maximum == float.PositiveInfinity)
                isLarge = 1;
            return WarpVote.Ballot(IsAbove(output, Infinity) | isLarge);
        }

        // Not 0 where the bits of a magnitude are above; those of a NaN are above those of infinity.
        private static int IsAbove(float number, int bits) => (bits - ((int)Interop.FloatAsInt(number) & int.MaxValue)) >> 31;

        // A lane takes each 32nd key's score, and each 32nd column; no masked value is read.
        private static void Recompute(Arguments arguments, WorkTile tile, SimtRows rows, int row)
        {
            int query = rows.Query(row);
            int head = rows.Head(row);
            var scored = ScoredRow.Of(arguments, tile, rows, row);
            SoftmaxState state = StateOf(arguments, scored);
            float factor = 1f;
            if (!tile.HasStates)
                factor = arguments.Finish(rows.Item, query, head, state, stores: Lane == 0);
            else if (Lane == 0)
                arguments.StoreState(tile, query, head, state);
            for (int first = 0; first < arguments.ValueDimension; first += WarpThreads)
            {
                int column = first + Lane;
                float output = OutputOf(arguments, scored, state, Math.Min(column, arguments.ValueDimension - 1));
                if (column >= arguments.ValueDimension)
                    continue;
                if (tile.HasStates)
                    arguments.Workspace[arguments.StateOffset(tile, query, head, tile.State) + column] = output;
                else
                    arguments.Output[arguments.OutputOffset(rows.Item, query, head) + column] = TElement.Narrow(output * factor);
            }
        }

        // Of all keys, the same for each lane: merged across the warp, in the order of lane 0. The sum of an infinite score is NaN, as
        // e^(∞ − ∞) is.
        private static SoftmaxState StateOf(Arguments arguments, ScoredRow scored)
        {
            SoftmaxState state = SoftmaxState.Empty;
            for (int key = scored.Keys.First + Lane; key < scored.Keys.End; key += WarpThreads)
                state = state.Merge(SoftmaxState.Of(scored.Score(arguments, key)));
            for (int mask = WarpThreads / 2; mask > 0; mask /= 2)
                state = state.Merge(new SoftmaxState(WarpShuffle.Xor(state.Maximum, mask), WarpShuffle.Xor(state.Sum, mask)));
            float maximum = WarpShuffle.From(state.Maximum, 0);
            return new SoftmaxState(maximum, maximum == float.PositiveInfinity ? float.NaN : WarpShuffle.From(state.Sum, 0));
        }

        // Where the sum is NaN, weights are too.
        private static float OutputOf(Arguments arguments, ScoredRow scored, SoftmaxState state, int column)
        {
            float output = 0f;
            for (int first = scored.Keys.First; first < scored.Keys.End && !float.IsNaN(state.Sum); first += WarpThreads)
            {
                int own = first + Lane;
                float score = own < scored.Keys.End ? scored.Score(arguments, own) : float.NegativeInfinity;
                float weight = SoftmaxState.Weight(score, state.Maximum);
                uint attended = WarpVote.Ballot(score == float.NegativeInfinity ? 0 : 1);
                for (int place = 0; place < WarpThreads; place++)
                {
                    float weightOf = WarpShuffle.From(weight, place);
                    if (((attended >> place) & 1) != 0)
                    {
                        output = FusedMultiplyAdd.Fma(
                            weightOf, arguments.ValueNumber(scored.Item, first + place, scored.Head, column), output);
                    }
                }
            }

            return float.IsNaN(state.Sum) ? float.NaN : output;
        }
    }
}
