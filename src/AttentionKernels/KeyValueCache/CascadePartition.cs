using AttentionKernels.Attention;
using AttentionKernels.Attention.Work;
using AttentionKernels.Tensors;
using ILGPU.Runtime;

namespace AttentionKernels.KeyValueCache;

/// <summary>
/// Plans the items of a cascade from the sequences of a block table: where neighbouring sequences have their first pages in
/// common, these are an item of all of them; where some of these have more pages in common, so are those; and what is left is each
/// sequence's own.
/// </summary>
internal sealed class CascadePartition : IDisposable
{
    /// <summary>Fewer keys in common are not worth a partial state.</summary>
    private const int MinimumKeys = 128;

    private const int KeyTile = TileSizes.VectorKeys;

    private readonly BlockTable _table;
    private readonly CascadeSizes _sizes;
    private readonly MirroredTensor<WorkItem> _deviceItems;
    private readonly MirroredTensor<int> _tokenSequences;
    private readonly PlannedItem[] _items;
    private int _count;
    private readonly int[] _queryLengths;
    private readonly int[] _firstTokens;

    // For each sequence with few queries where its first one stands among those of all such sequences.
    private readonly int[] _stateRows;

    // The sequences that have queries, and of each how many keys it has in common with the next one.
    private readonly int[] _active;
    private readonly int[] _common;
    private int _activeCount;
    private long _version = -1;

    // Keys of the longest item that is not split further.
    private int _itemLength;
    private long _tiles;

    /// <summary>Allocates what is needed for any partition.</summary>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public CascadePartition(BlockTable table, CascadeSizes sizes)
    {
        _table = table;
        _sizes = sizes;
        _items = new PlannedItem[checked(table.Sequences * sizes.States)];
        _queryLengths = new int[table.Sequences];
        _firstTokens = new int[table.Sequences];
        _stateRows = new int[table.Sequences];
        _active = new int[table.Sequences];
        _common = new int[table.Sequences];
        AttentionDevice device = table.Cache.Device;
        _deviceItems = new MirroredTensor<WorkItem>(device, _items.Length);
        try
        {
            _tokenSequences = new MirroredTensor<int>(device, table.Sequences * sizes.MaximumQueries);
        }
        catch
        {
            _deviceItems.Dispose();
            throw;
        }
    }

    /// <summary>The items.</summary>
    public ReadOnlySpan<PlannedItem> Items => _items.AsSpan(0, _count);

    /// <summary>Finds the items anew, if the table or the query lengths have changed.</summary>
    /// <returns>Whether they have.</returns>
    public bool Update(ReadOnlySpan<int> queryLengths)
    {
        if (_version == _table.Version && queryLengths.SequenceEqual(_queryLengths))
            return false;

        // Should anything throw, the next run begins anew.
        _version = -1;
        queryLengths.CopyTo(_queryLengths);
        FindActive();
        _itemLength = int.MaxValue;
        Divide();
        if (_tiles < _sizes.WantedTiles && _sizes.Splits > 1)
        {
            int longest = 0;
            foreach (int sequence in _active.AsSpan(0, _activeCount))
                longest = Math.Max(longest, _table.KeyLengths[sequence]);
            int pageSize = _table.Cache.Options.PageSize;
            int unit = pageSize * Math.Max(1, KeyTile / pageSize);
            _itemLength = (((longest + _sizes.Splits - 1) / _sizes.Splits) + unit - 1) / unit * unit;
            Divide();
        }

        Span<WorkItem> items = _deviceItems.Write(0, _count);
        for (int index = 0; index < items.Length; index++)
            items[index] = _items[index].Item;
        _version = _table.Version;
        return true;
    }

    /// <summary>The items, and of each token its sequence, on the device, brought up to date first.</summary>
    public (TensorView<WorkItem> Items, TensorView<int> TokenSequences) Upload(AcceleratorStream stream) =>
        (_deviceItems.Upload(stream), _tokenSequences.Upload(stream));

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        _deviceItems.Dispose();
        _tokenSequences.Dispose();
    }

    private bool HasFew(int sequence) => _queryLengths[sequence] <= _sizes.FewQueries;

    private void FindActive()
    {
        _activeCount = 0;
        int total = 0;
        foreach (int length in _queryLengths)
            total += length;
        Span<int> sequences = _tokenSequences.Write(0, total);
        int token = 0;
        int stateRow = 0;
        for (int sequence = 0; sequence < _queryLengths.Length; sequence++)
        {
            _firstTokens[sequence] = token;
            if (_queryLengths[sequence] > 0)
                _active[_activeCount++] = sequence;
            _stateRows[sequence] = stateRow;
            sequences.Slice(token, _queryLengths[sequence]).Fill(sequence);
            token += _queryLengths[sequence];
            stateRow += HasFew(sequence) ? _queryLengths[sequence] : 0;
        }

        for (int index = 0; index + 1 < _activeCount; index++)
            _common[index] = HasFew(_active[index]) && HasFew(_active[index + 1]) ? Common(_active[index], _active[index + 1]) : 0;
    }

    // The keys of the first pages that two sequences have in common.
    private int Common(int one, int other)
    {
        int pageSize = _table.Cache.Options.PageSize;
        int pages = Math.Min(_table.KeyLengths[one], _table.KeyLengths[other]) / pageSize;
        return _table.Pages(one)[..pages].CommonPrefixLength(_table.Pages(other)[..pages]) * pageSize;
    }

    private void Divide()
    {
        _count = 0;
        _tiles = 0;
        Divide(0, _activeCount, 0, 0, 0);
    }

    /// <summary>Divides the keys from one on of sequences that have all before it in common.</summary>
    private void Divide(int first, int end, int firstKey, int level, int state)
    {
        if (level < _sizes.Levels && end - first > 1)
        {
            int common = int.MaxValue;
            foreach (int keys in _common.AsSpan(first, end - first - 1))
                common = Math.Min(common, keys);
            if (common - firstKey >= MinimumKeys)
            {
                state += AddEarlier(first, end, firstKey, common, state);
                firstKey = common;
                level++;
            }
        }

        for (int index = first; index < end;)
        {
            int next = index + 1;
            while (level < _sizes.Levels && next < end && _common[next - 1] - firstKey >= MinimumKeys)
                next++;
            if (next == index + 1)
                AddOwn(index, firstKey, state);
            else
                Divide(index, next, firstKey, level, state);
            index = next;
        }
    }

    private void AddOwn(int index, int firstKey, int state)
    {
        int sequence = _active[index];
        int keys = _table.KeyLengths[sequence];
        bool hasFew = HasFew(sequence);
        int lastKey = hasFew && keys > firstKey ? firstKey + ((keys - firstKey - 1) / _itemLength * _itemLength) : firstKey;
        state += AddEarlier(index, index + 1, firstKey, lastKey, state);
        PlannedItem last = Item(index, index + 1, lastKey, keys, state) with { IsLast = true };
        _items[_count++] = hasFew && (state > 0 || _sizes.AlwaysWritesStates) ? last : last with { StateRow = -1 };
    }

    // Returns how many there are one behind the other.
    private int AddEarlier(int first, int end, int firstKey, int endKey, int state)
    {
        int count = 0;
        for (int key = firstKey; key < endKey; count++)
        {
            int next = (int)Math.Min((long)key + _itemLength, endKey);
            AddBeside(first, end, key, next, state + count);
            key = next;
        }

        return count;
    }

    // Items of about as many queries each, none with more than fill a tile.
    private void AddBeside(int first, int end, int firstKey, int endKey, int state)
    {
        int queries = Queries(first, end);
        int count = (queries + _sizes.ItemQueries - 1) / _sizes.ItemQueries;
        int most = (queries + count - 1) / count;
        for (int begin = first; begin < end;)
        {
            int next = begin + 1;
            while (next < end && Queries(begin, next + 1) <= most)
                next++;
            _items[_count++] = Item(begin, next, firstKey, endKey, state);
            begin = next;
        }
    }

    private int Queries(int first, int end)
    {
        int last = _active[end - 1];
        return _firstTokens[last] + _queryLengths[last] - _firstTokens[_active[first]];
    }

    private PlannedItem Item(int first, int end, int firstKey, int endKey, int state)
    {
        int sequence = _active[first];
        int queries = Queries(first, end);
        _tiles += _sizes.TilesOf(queries);
        return new PlannedItem(new WorkItem
        {
            FirstToken = _firstTokens[sequence],
            Queries = queries,
            Sequence = sequence,
            FirstKey = firstKey,
            Keys = endKey - firstKey,
        })
        {
            StateRow = _stateRows[sequence],
            FirstState = state,
            IsLast = false,
        };
    }
}
