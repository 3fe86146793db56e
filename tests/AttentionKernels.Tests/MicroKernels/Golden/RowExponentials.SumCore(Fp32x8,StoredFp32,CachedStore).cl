{
    // RowExponentials.SumCore<Fp32x8, StoredFp32, CachedStore>
    global float* row = (global float*)var0;
    const int count = var1;
    float8 sum = 0.0f, error = 0.0f;
    float maximum = -INFINITY;
    const int whole = count - count % 32;
    int i = 0;
    while (i < whole) {
        const int end = i + min(whole - i, 512);
        float8 lanes = -INFINITY;
        for (int j = i; j < end; j += 32) {
            { const float8 x = vload8(0, row + (j + 0)); lanes = select(lanes, x, x > lanes); }
            { const float8 x = vload8(0, row + (j + 8)); lanes = select(lanes, x, x > lanes); }
            { const float8 x = vload8(0, row + (j + 16)); lanes = select(lanes, x, x > lanes); }
            { const float8 x = vload8(0, row + (j + 24)); lanes = select(lanes, x, x > lanes); }
        }
        float largest;
        { const float4 h8 = fmax(lanes.lo, lanes.hi); { const float2 h4 = fmax(h8.lo, h8.hi); largest = (fmax(h4.x, h4.y)); } }
        const float after = largest > maximum ? largest : maximum;
        const float subtrahend = after < -FLT_MAX ? 0.0f : after;
        const float factor = exp(maximum - subtrahend);
        sum *= factor;
        error *= factor;
        maximum = after;
        float8 s0 = 0.0f;
        float8 s1 = 0.0f;
        float8 s2 = 0.0f;
        float8 s3 = 0.0f;
        for (; i < end; i += 32) {
            {
                const float8 d = vload8(0, row + (i + 0)) - subtrahend;
                float8 y;
                {
                    const float8 x = d;
                    const float8 shifted = fma(x, (float8)as_float(0x3FB8AA3Bu), (float8)as_float(0x4B400000u));
                    const float8 n = shifted - as_float(0x4B400000u);
                    float8 r = fma(n, (float8)as_float(0xBF318000u), x);
                    r = fma(n, (float8)as_float(0x395E8083u), r);
                    float8 p = fma((float8)as_float(0x3AB5120Du), r, (float8)as_float(0x3C091CF9u));
                    p = fma(p, r, (float8)as_float(0x3D2AAC79u));
                    p = fma(p, r, (float8)as_float(0x3E2AAA49u));
                    p = fma(p, r, (float8)as_float(0x3EFFFFFEu));
                    p = fma(p, r, (float8)1.0f);
                    p = fma(p, r, (float8)1.0f);
                    p *= as_float8((as_int8(shifted) << 23) + 0x3F800000);
                    y = select(p, (float8)0.0f, x < as_float(0xC2AEAC4Fu));
                }
                s0 = s0 + y;
            }
            {
                const float8 d = vload8(0, row + (i + 8)) - subtrahend;
                float8 y;
                {
                    const float8 x = d;
                    const float8 shifted = fma(x, (float8)as_float(0x3FB8AA3Bu), (float8)as_float(0x4B400000u));
                    const float8 n = shifted - as_float(0x4B400000u);
                    float8 r = fma(n, (float8)as_float(0xBF318000u), x);
                    r = fma(n, (float8)as_float(0x395E8083u), r);
                    float8 p = fma((float8)as_float(0x3AB5120Du), r, (float8)as_float(0x3C091CF9u));
                    p = fma(p, r, (float8)as_float(0x3D2AAC79u));
                    p = fma(p, r, (float8)as_float(0x3E2AAA49u));
                    p = fma(p, r, (float8)as_float(0x3EFFFFFEu));
                    p = fma(p, r, (float8)1.0f);
                    p = fma(p, r, (float8)1.0f);
                    p *= as_float8((as_int8(shifted) << 23) + 0x3F800000);
                    y = select(p, (float8)0.0f, x < as_float(0xC2AEAC4Fu));
                }
                s1 = s1 + y;
            }
            {
                const float8 d = vload8(0, row + (i + 16)) - subtrahend;
                float8 y;
                {
                    const float8 x = d;
                    const float8 shifted = fma(x, (float8)as_float(0x3FB8AA3Bu), (float8)as_float(0x4B400000u));
                    const float8 n = shifted - as_float(0x4B400000u);
                    float8 r = fma(n, (float8)as_float(0xBF318000u), x);
                    r = fma(n, (float8)as_float(0x395E8083u), r);
                    float8 p = fma((float8)as_float(0x3AB5120Du), r, (float8)as_float(0x3C091CF9u));
                    p = fma(p, r, (float8)as_float(0x3D2AAC79u));
                    p = fma(p, r, (float8)as_float(0x3E2AAA49u));
                    p = fma(p, r, (float8)as_float(0x3EFFFFFEu));
                    p = fma(p, r, (float8)1.0f);
                    p = fma(p, r, (float8)1.0f);
                    p *= as_float8((as_int8(shifted) << 23) + 0x3F800000);
                    y = select(p, (float8)0.0f, x < as_float(0xC2AEAC4Fu));
                }
                s2 = s2 + y;
            }
            {
                const float8 d = vload8(0, row + (i + 24)) - subtrahend;
                float8 y;
                {
                    const float8 x = d;
                    const float8 shifted = fma(x, (float8)as_float(0x3FB8AA3Bu), (float8)as_float(0x4B400000u));
                    const float8 n = shifted - as_float(0x4B400000u);
                    float8 r = fma(n, (float8)as_float(0xBF318000u), x);
                    r = fma(n, (float8)as_float(0x395E8083u), r);
                    float8 p = fma((float8)as_float(0x3AB5120Du), r, (float8)as_float(0x3C091CF9u));
                    p = fma(p, r, (float8)as_float(0x3D2AAC79u));
                    p = fma(p, r, (float8)as_float(0x3E2AAA49u));
                    p = fma(p, r, (float8)as_float(0x3EFFFFFEu));
                    p = fma(p, r, (float8)1.0f);
                    p = fma(p, r, (float8)1.0f);
                    p *= as_float8((as_int8(shifted) << 23) + 0x3F800000);
                    y = select(p, (float8)0.0f, x < as_float(0xC2AEAC4Fu));
                }
                s3 = s3 + y;
            }
        }
        {
            const float8 term = (s0 + s1) + (s2 + s3), next = sum + term, added = next - sum;
            error = error + ((sum - (next - added)) + (term - added));
            sum = next;
        }
    }
    float largest = -INFINITY;
    for (int j = i; j < count; j++) {
        const float x = (row)[j];
        largest = x > largest ? x : largest;
    }
    const float after = largest > maximum ? largest : maximum;
    const float subtrahend = after < -FLT_MAX ? 0.0f : after;
    const float factor = exp(maximum - subtrahend);
    sum *= factor;
    error *= factor;
    maximum = after;
    for (; i + 8 <= count; i += 8) {
        const float8 d = vload8(0, row + (i)) - subtrahend;
        float8 y;
        {
            const float8 x = d;
            const float8 shifted = fma(x, (float8)as_float(0x3FB8AA3Bu), (float8)as_float(0x4B400000u));
            const float8 n = shifted - as_float(0x4B400000u);
            float8 r = fma(n, (float8)as_float(0xBF318000u), x);
            r = fma(n, (float8)as_float(0x395E8083u), r);
            float8 p = fma((float8)as_float(0x3AB5120Du), r, (float8)as_float(0x3C091CF9u));
            p = fma(p, r, (float8)as_float(0x3D2AAC79u));
            p = fma(p, r, (float8)as_float(0x3E2AAA49u));
            p = fma(p, r, (float8)as_float(0x3EFFFFFEu));
            p = fma(p, r, (float8)1.0f);
            p = fma(p, r, (float8)1.0f);
            p *= as_float8((as_int8(shifted) << 23) + 0x3F800000);
            y = select(p, (float8)0.0f, x < as_float(0xC2AEAC4Fu));
        }
        error = error + y;
    }
    float tail = 0.0f;
    for (; i < count; i++) {
        const float d = (row)[i] - subtrahend;
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
    { const float4 h8 = error.lo + error.hi; { const float2 h4 = h8.lo + h8.hi; rest = (h4.x + h4.y) + tail; } }
    { const float4 h8 = sum.lo + sum.hi; { const float2 h4 = h8.lo + h8.hi; total = (h4.x + h4.y) + rest; } }
    var2.field_0 = maximum;
    var2.field_1 = total;
}
