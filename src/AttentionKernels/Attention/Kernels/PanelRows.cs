using AttentionKernels.Attention.Work;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>
    /// Which rows the lanes of a panel hold: consecutive ones of a kv head, where row = query · head group + member and the head group is
    /// the query heads that share the kv head.
    /// </summary>
    internal readonly struct PanelRows
    {
        private readonly int _headGroup;

        public PanelRows(WorkItem item, int keyValueHead, int headGroup, int first, int end)
        {
            Item = item;
            KeyValueHead = keyValueHead;
            _headGroup = headGroup;
            First = first;
            Count = end - first;
        }

        /// <summary>The item of work whose queries they are.</summary>
        public WorkItem Item { get; }

        public int KeyValueHead { get; }

        /// <summary>The row of lane 0.</summary>
        public int First { get; }

        /// <summary>Lanes that hold a row; the others hold zeros.</summary>
        public int Count { get; }

        /// <summary>The queries of some lanes, and all query heads that share the kv head.</summary>
        public QueryRange Queries(int first, int end) => Arguments.Queries(
            Item, Query(first), Query(end - 1), KeyValueHead * _headGroup, ((KeyValueHead + 1) * _headGroup) - 1);

        /// <summary>The query of a lane, of its head alone.</summary>
        public QueryRange QueryOf(int lane) => Arguments.Queries(Item, Query(lane), Query(lane), Head(lane), Head(lane));

        /// <summary>The query token of a lane.</summary>
        public int Query(int lane) => (First + lane) / _headGroup;

        /// <summary>The query head of a lane.</summary>
        public int Head(int lane) => (KeyValueHead * _headGroup) + ((First + lane) % _headGroup);
    }
}
