{
    // RowExponentials.SumCore<Fp32x4, StoredFp16, CachedStore>
    global half* row = (global half*)var0;
    const int count = var1;
    float4 sum = 0.0f, error = 0.0f;
    float maximum = -INFINITY;
    const int whole = count - count % 16;
    int i = 0;
    while (i < whole) {
        const int end = i + min(whole - i, 256);
        float4 lanes = -INFINITY;
        for (int j = i; j < end; j += 16) {
            { const float4 x = vload_half4(0, row + (j + 0)); lanes = select(lanes, x, x > lanes); }
            { const float4 x = vload_half4(0, row + (j + 4)); lanes = select(lanes, x, x > lanes); }
            { const float4 x = vload_half4(0, row + (j + 8)); lanes = select(lanes, x, x > lanes); }
            { const float4 x = vload_half4(0, row + (j + 12)); lanes = select(lanes, x, x > lanes); }
        }
        float largest;
        { const float2 h4 = fmax(lanes.lo, lanes.hi); largest = (fmax(h4.x, h4.y)); }
        const float after = largest > maximum ? largest : maximum;
        const float subtrahend = after < -FLT_MAX ? 0.0f : after;
        const float factor = exp(maximum - subtrahend);
        sum *= factor;
        error *= factor;
        maximum = after;
        float4 s0 = 0.0f;
        float4 s1 = 0.0f;
        float4 s2 = 0.0f;
        float4 s3 = 0.0f;
        for (; i < end; i += 16) {
            {
                const float4 d = vload_half4(0, row + (i + 0)) - subtrahend;
                float4 y;
                {
                    const float4 x = d;
                    const float4 shifted = fma(x, (float4)as_float(0x3FB8AA3Bu), (float4)as_float(0x4B400000u));
                    const float4 n = shifted - as_float(0x4B400000u);
                    float4 r = fma(n, (float4)as_float(0xBF318000u), x);
                    r = fma(n, (float4)as_float(0x395E8083u), r);
                    float4 p = fma((float4)as_float(0x3AB5120Du), r, (float4)as_float(0x3C091CF9u));
                    p = fma(p, r, (float4)as_float(0x3D2AAC79u));
                    p = fma(p, r, (float4)as_float(0x3E2AAA49u));
                    p = fma(p, r, (float4)as_float(0x3EFFFFFEu));
                    p = fma(p, r, (float4)1.0f);
                    p = fma(p, r, (float4)1.0f);
                    p *= as_float4((as_int4(shifted) << 23) + 0x3F800000);
                    y = select(p, (float4)0.0f, x < as_float(0xC2AEAC4Fu));
                }
                s0 = s0 + y;
            }
            {
                const float4 d = vload_half4(0, row + (i + 4)) - subtrahend;
                float4 y;
                {
                    const float4 x = d;
                    const float4 shifted = fma(x, (float4)as_float(0x3FB8AA3Bu), (float4)as_float(0x4B400000u));
                    const float4 n = shifted - as_float(0x4B400000u);
                    float4 r = fma(n, (float4)as_float(0xBF318000u), x);
                    r = fma(n, (float4)as_float(0x395E8083u), r);
                    float4 p = fma((float4)as_float(0x3AB5120Du), r, (float4)as_float(0x3C091CF9u));
                    p = fma(p, r, (float4)as_float(0x3D2AAC79u));
                    p = fma(p, r, (float4)as_float(0x3E2AAA49u));
                    p = fma(p, r, (float4)as_float(0x3EFFFFFEu));
                    p = fma(p, r, (float4)1.0f);
                    p = fma(p, r, (float4)1.0f);
                    p *= as_float4((as_int4(shifted) << 23) + 0x3F800000);
                    y = select(p, (float4)0.0f, x < as_float(0xC2AEAC4Fu));
                }
                s1 = s1 + y;
            }
            {
                const float4 d = vload_half4(0, row + (i + 8)) - subtrahend;
                float4 y;
                {
                    const float4 x = d;
                    const float4 shifted = fma(x, (float4)as_float(0x3FB8AA3Bu), (float4)as_float(0x4B400000u));
                    const float4 n = shifted - as_float(0x4B400000u);
                    float4 r = fma(n, (float4)as_float(0xBF318000u), x);
                    r = fma(n, (float4)as_float(0x395E8083u), r);
                    float4 p = fma((float4)as_float(0x3AB5120Du), r, (float4)as_float(0x3C091CF9u));
                    p = fma(p, r, (float4)as_float(0x3D2AAC79u));
                    p = fma(p, r, (float4)as_float(0x3E2AAA49u));
                    p = fma(p, r, (float4)as_float(0x3EFFFFFEu));
                    p = fma(p, r, (float4)1.0f);
                    p = fma(p, r, (float4)1.0f);
                    p *= as_float4((as_int4(shifted) << 23) + 0x3F800000);
                    y = select(p, (float4)0.0f, x < as_float(0xC2AEAC4Fu));
                }
                s2 = s2 + y;
            }
            {
                const float4 d = vload_half4(0, row + (i + 12)) - subtrahend;
                float4 y;
                {
                    const float4 x = d;
                    const float4 shifted = fma(x, (float4)as_float(0x3FB8AA3Bu), (float4)as_float(0x4B400000u));
                    const float4 n = shifted - as_float(0x4B400000u);
                    float4 r = fma(n, (float4)as_float(0xBF318000u), x);
                    r = fma(n, (float4)as_float(0x395E8083u), r);
                    float4 p = fma((float4)as_float(0x3AB5120Du), r, (float4)as_float(0x3C091CF9u));
                    p = fma(p, r, (float4)as_float(0x3D2AAC79u));
                    p = fma(p, r, (float4)as_float(0x3E2AAA49u));
                    p = fma(p, r, (float4)as_float(0x3EFFFFFEu));
                    p = fma(p, r, (float4)1.0f);
                    p = fma(p, r, (float4)1.0f);
                    p *= as_float4((as_int4(shifted) << 23) + 0x3F800000);
                    y = select(p, (float4)0.0f, x < as_float(0xC2AEAC4Fu));
                }
                s3 = s3 + y;
            }
        }
        {
            const float4 term = (s0 + s1) + (s2 + s3), next = sum + term, added = next - sum;
            error = error + ((sum - (next - added)) + (term - added));
            sum = next;
        }
    }
    float largest = -INFINITY;
    for (int j = i; j < count; j++) {
        const float x = vload_half(j, row);
        largest = x > largest ? x : largest;
    }
    const float after = largest > maximum ? largest : maximum;
    const float subtrahend = after < -FLT_MAX ? 0.0f : after;
    const float factor = exp(maximum - subtrahend);
    sum *= factor;
    error *= factor;
    maximum = after;
    for (; i + 4 <= count; i += 4) {
        const float4 d = vload_half4(0, row + (i)) - subtrahend;
        float4 y;
        {
            const float4 x = d;
            const float4 shifted = fma(x, (float4)as_float(0x3FB8AA3Bu), (float4)as_float(0x4B400000u));
            const float4 n = shifted - as_float(0x4B400000u);
            float4 r = fma(n, (float4)as_float(0xBF318000u), x);
            r = fma(n, (float4)as_float(0x395E8083u), r);
            float4 p = fma((float4)as_float(0x3AB5120Du), r, (float4)as_float(0x3C091CF9u));
            p = fma(p, r, (float4)as_float(0x3D2AAC79u));
            p = fma(p, r, (float4)as_float(0x3E2AAA49u));
            p = fma(p, r, (float4)as_float(0x3EFFFFFEu));
            p = fma(p, r, (float4)1.0f);
            p = fma(p, r, (float4)1.0f);
            p *= as_float4((as_int4(shifted) << 23) + 0x3F800000);
            y = select(p, (float4)0.0f, x < as_float(0xC2AEAC4Fu));
        }
        error = error + y;
    }
    float tail = 0.0f;
    for (; i < count; i++) {
        const float d = vload_half(i, row) - subtrahend;
        float y;
        {
            const float x = d;
            const float shifted = fma(x, (float)as_float(0x3FB8AA3Bu), (float)as_float(0x4B400000u));
            const float n = shifted - as_float(0x4B400000u);
            float r = fma(n, (float)as_float(0xBF318000u), x);
            r = fma(n, (float)as_float(0x395E8083u), r);
            float p = fma((float)as_float(0x3AB5120Du), r, (float)as_float(0x3C091CF9u));
            p = fma(p, r, (float)as_float(0x3D2AAC79u));
            p = fma(p, r, (float)as_float(0x3E2AAA49u));
            p = fma(p, r, (float)as_float(0x3EFFFFFEu));
            p = fma(p, r, (float)1.0f);
            p = fma(p, r, (float)1.0f);
            p *= as_float((as_int(shifted) << 23) + 0x3F800000);
            y = select(p, (float)0.0f, x < as_float(0xC2AEAC4Fu));
        }
        tail = tail + y;
    }
    float total, rest;
    { const float2 h4 = error.lo + error.hi; rest = (h4.x + h4.y) + tail; }
    { const float2 h4 = sum.lo + sum.hi; total = (h4.x + h4.y) + rest; }
    var2.field_0 = maximum;
    var2.field_1 = total;
}
