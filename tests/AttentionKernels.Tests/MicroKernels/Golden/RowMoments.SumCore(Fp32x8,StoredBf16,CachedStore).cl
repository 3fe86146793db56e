{
    // RowMoments.SumCore<Fp32x8, StoredBf16, CachedStore>
    global ushort* input = (global ushort*)var0;
    const long stride = var1;
    const int planes = var2;
    const int count = var3;
    const float scale = var4;
    float8 high = 0.0f, low = 0.0f;
    float total = 0.0f, error = 0.0f, lanes[8];
    for (int plane = 0; plane < planes; plane++, input += stride) {
        int i = 0;
        while (i + 8 <= count) {
            const int end = min(count - 8, i + 120);
            for (; i <= end; i += 8) {
                const float8 term = as_float8(convert_uint8(vload8(0, input + (i))) << 16) * (float8)scale, next = high + term, added = next - high;
                low = low + ((high - (next - added)) + (term - added));
                high = next;
            }
            const float8 carry = low;
            low = 0.0f;
            {
                const float8 term = carry, next = high + term, added = next - high;
                low = low + ((high - (next - added)) + (term - added));
                high = next;
            }
        }
        for (; i < count; i++) {
            const float term = as_float((uint)(input)[i] << 16) * scale, next = total + term, added = next - total;
            error = error + ((total - (next - added)) + (term - added));
            total = next;
        }
        const float carry = error;
        error = 0.0f;
        {
            const float term = carry, next = total + term, added = next - total;
            error = error + ((total - (next - added)) + (term - added));
            total = next;
        }
    }
    vstore8(high, 0, lanes);
    for (int lane = 0; lane < 8; lane++) {
        const float term = lanes[lane], next = total + term, added = next - total;
        error = error + ((total - (next - added)) + (term - added));
        total = next;
    }
    var5.field_0 = total;
    { const float4 h8 = low.lo + low.hi; { const float2 h4 = h8.lo + h8.hi; var5.field_1 = (h4.x + h4.y) + error; } }
}
