using AttentionKernels.Attention.Work;
using AttentionKernels.Launching;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    internal static partial class SimtDecode<TAccess, TTile>
    {
        /// <summary>
        /// Few queries against many keys: the keys are split into ranges that work groups take side by side, each writing partial softmax
        /// states, which <see cref="MergeStatesSimt"/> merges in a fixed order. Simt schedule, for every GPU.
        /// </summary>
        /// <remarks>
        /// <para>Dao et al., "Flash-Decoding for long-context inference", 2023.</para>
        /// <para>Tile: a work group of 128 threads owns one split of one kv head for up to 8 rows: the queries of the query heads that
        /// share the kv head, so that keys and values are read once for all of them. It passes over the split in tiles of 128 keys:</para>
        /// <para>1. scores: keys stream through shared memory, 32 dimensions of each at a time, 16 bytes a load, widened to fp32; a thread
        /// owns a key, for all rows (<see cref="IRowTile{TSelf}"/>), of which it loads the queries as the whole work group does: shared
        /// memory broadcasts them.</para>
        /// <para>2. softmax: the first eight threads each own a row's state; all threads take the exponents of their keys.</para>
        /// <para>3. output: values stream through the same shared memory, 32 of them at a time; a thread owns four columns of each block of
        /// 128 (<see cref="IOutputTile{TSelf}"/>) of all rows in registers, for a fourth of the values. The four parts are added up in the
        /// end.</para>
        /// <para>Memory bounds it: a KiB of fp32 takes 8 multiply-adds of warps for each row, and some 40 other instructions for all rows.
        /// A masked key's value that is not finite makes NaN of its weight of 0: outputs that are NaN are computed once more, without
        /// it.</para>
        /// </remarks>
        /// <typeparam name="TOutput">A thread's outputs.</typeparam>
        internal readonly struct SplitKvDecodeSimt<TOutput> : IGroupKernel<Arguments>
            where TOutput : struct, IOutputTile<TOutput>
        {
            public static int GroupSize => TileSizes.SimtDecodeKeys;

            /// <summary>The tiles of a range of an item's keys, one a work group.</summary>
            public static TileGrid Grid(Arguments arguments, WorkItem item) =>
                new(TileSizes.Tiles((long)arguments.HeadGroup * item.Queries, TTile.Rows), arguments.KeyValueHeads);

            public static void Run(Arguments arguments)
            {
                DecodeMemory memory = DecodeMemory.Allocate();
                WorkTile tile = TWork.TileOfGroup(arguments.Work, ILGPU.Grid.IdxX);
                SimtRows rows = arguments.GroupedRows(tile, TTile.Rows);
                KeyRange split = tile.Keys(rows.Item);
                KeyRange range = arguments.Range(rows.Item, rows.Query(0), rows.Query(rows.Count - 1)).Clip(split.First, split.End);

                LocateRows(arguments, memory, rows);
                var sums = new RowSums(default, float.NegativeInfinity);
                TOutput output = default;
                for (int firstKey = range.First; firstKey < range.End; firstKey += TileSizes.SimtDecodeKeys)
                {
                    var keys = new SimtKeys(firstKey, Math.Min(TileSizes.SimtDecodeKeys, range.End - firstKey));
                    if (arguments.Coverage(rows, keys) == TileCoverage.Empty)
                        continue;
                    StoredToken token = Locate(arguments, memory, rows, keys);
                    StoreScores(Products(arguments, memory), arguments, memory, rows, keys, token.KeyScale);
                    sums = Softmax(sums, memory, token.ValueScale);
                    output = TOutput.Accumulate(output, arguments, memory, keys, firstColumn: 0);
                }

                StoreStates(sums, arguments, memory, tile, rows);
                TOutput.Store(output, arguments, memory, tile, rows, firstColumn: 0);
            }
        }
    }
}
