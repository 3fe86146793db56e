namespace AttentionKernels.Problems;

/// <content>Keys and values in pages.</content>
internal sealed partial class AttentionProblem<TMask, TModifier>
{
    private sealed class PagedUser(
        AttentionProblem<TMask, TModifier> problem, PreparedRow row, DataType type, int pageSize, bool cascades) : IElementUser
    {
        private readonly AttentionShape _shape = problem.Shape;

        /// <summary>Pages of tokens in common, whole ones; what is left of these tokens each sequence has for itself.</summary>
        private int CommonPages => _shape.Common / pageSize;

        private int OwnPages => ((_shape.Keys + pageSize - 1) / pageSize) - CommonPages;

        public void Use<T>(ElementType<T> element)
            where T : unmanaged
        {
            TensorShape rows = [_shape.Batch * _shape.Queries, _shape.Heads, _shape.HeadDimension];
            int[] queryLengths = [.. Enumerable.Repeat(_shape.Queries, _shape.Batch)];
            Tensor<T> query = element.Upload(row, problem.Query(type.OfQueries), rows);
            Tensor<T> output = row.Own(row.Device.Allocate<T>(rows));
            double bytes = 2.0 * problem.StoredTokens * _shape.KeyValueHeads * _shape.HeadDimension * type.Bytes;
            PagedAttentionPlan<T>[] plans = row.MakeCopies(bytes, () => Plan(Table(), element));
            row.Queue = copy => plans[copy].Run(query, queryLengths, output);
            row.Check = () => problem.Check(row, type, element, output);
            problem.Describe(row, type, plans[0]);
        }

        private PagedAttentionPlan<T> Plan<T>(BlockTable table, ElementType<T> element)
            where T : unmanaged
        {
            (TMask mask, TModifier modifier) = (problem.MakeMask(row), problem.MakeModifier(row));
            return row.Own(cascades
                ? row.Device.PlanCascadeAttention(table, _shape.Heads, _shape.Queries, mask, modifier, element.Format)
                : row.Device.PlanPagedAttention(table, _shape.Heads, _shape.Queries, mask, modifier, element.Format));
        }

        // A table over a cache of its own, whose pages lie in shuffled order, as those of a server do after a while.
        private BlockTable Table()
        {
            PagedKeyValueCache cache = row.Own(new PagedKeyValueCache(row.Device, new CacheOptions
            {
                Pages = CommonPages + (_shape.Batch * OwnPages),
                PageSize = pageSize,
                KeyValueHeads = _shape.KeyValueHeads,
                HeadDimension = _shape.HeadDimension,
                KeyFormat = type.Format,
                ValueFormat = type.Format,
            }));
            int[] pages = [.. Enumerable.Range(0, cache.Options.Pages)];
            new Random(PageSeed).Shuffle(pages);
            BlockTable table = row.Own(new BlockTable(cache, _shape.Batch, CommonPages + OwnPages));
            for (int sequence = 0; sequence < _shape.Batch; sequence++)
            {
                Span<int> own = pages.AsSpan(CommonPages + (sequence * OwnPages), OwnPages);
                table.Set(sequence, [.. pages.AsSpan(0, CommonPages), .. own], _shape.Keys);
            }

            Fill(cache, table);
            return table;
        }

        private void Fill(PagedKeyValueCache cache, BlockTable table)
        {
            (float[] key, float[] value) = problem.Tokens(type);
            TensorShape tokens = [_shape.Keys, _shape.KeyValueHeads, _shape.HeadDimension];
            for (int sequence = 0; sequence < _shape.Batch; sequence++)
            {
                long[] slots = [.. Enumerable.Range(0, _shape.Keys).Select(token => table.Slot(sequence, token))];
                using Tensor<long> places = row.Device.Upload(slots, [slots.Length]);
                using Tensor<float> keys = row.Device.Upload(problem.OfSequence(key, sequence), tokens);
                using Tensor<float> values = row.Device.Upload(problem.OfSequence(value, sequence), tokens);
                cache.Append(keys, values, places);
                row.Device.Synchronize();
            }
        }
    }
}
