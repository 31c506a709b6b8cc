/** Countries, continents, regions, states and large cities that need no context to be places. */
export const PLACES: ReadonlySet<string> = new Set(
  (
    'Afghanistan,Albania,Algeria,Andorra,Angola,Argentina,Armenia,Australia,Austria,Azerbaijan,Bahrain,Bangladesh,Belarus,' +
    'Belgium,Bolivia,Bosnia,Botswana,Brazil,Britain,' +
    'Great Britain,Bulgaria,Burma,Cambodia,Cameroon,Canada,Chad,Chile,China,Colombia,Congo,Costa Rica,Croatia,Cuba,Cyprus,' +
    'Czechoslovakia,Denmark,Ecuador,Egypt,El Salvador,' +
    'England,Estonia,Ethiopia,Finland,France,Gabon,Germany,East Germany,West Germany,Ghana,Greece,Greenland,Guatemala,' +
    'Guinea,Haiti,Honduras,Hungary,Iceland,India,Indonesia,' +
    'Iran,Iraq,Ireland,Northern Ireland,Israel,Italy,Jamaica,Japan,Jordan,Kazakhstan,Kenya,Korea,North Korea,South Korea,' +
    'Kosovo,Kuwait,Kyrgyzstan,Laos,Latvia,Lebanon,Liberia,' +
    'Libya,Lithuania,Luxembourg,Macedonia,Madagascar,Malawi,Malaysia,Mali,Malta,Mexico,Moldova,Monaco,Mongolia,Montenegro,' +
    'Morocco,Mozambique,Myanmar,Namibia,Nepal,' +
    'Netherlands,New Zealand,Nicaragua,Niger,Nigeria,Norway,Oman,Pakistan,Palestine,Panama,Paraguay,Persia,Peru,' +
    'Philippines,Poland,Portugal,Prussia,Qatar,Romania,Russia,Rwanda,' +
    'Saudi Arabia,Scotland,Senegal,Serbia,Singapore,Slovakia,Slovenia,Somalia,South Africa,Soviet Union,Spain,Sri Lanka,' +
    'Sudan,Sweden,Switzerland,Syria,Taiwan,Tajikistan,' +
    'Tanzania,Thailand,Tibet,Tunisia,Turkey,Turkmenistan,Uganda,Ukraine,United Arab Emirates,United Kingdom,United States,' +
    'United States of America,Uruguay,Uzbekistan,Venezuela,' +
    'Vietnam,Wales,Yemen,Yugoslavia,Zambia,Zimbabwe,Africa,Antarctica,Asia,Europe,North America,South America,Central ' +
    'America,Latin America,Americas,Oceania,Eurasia,Balkans,' +
    'Caribbean,Caucasus,Mediterranean,Middle East,Scandinavia,Siberia,Western Asia,Central Asia,Southeast Asia,Mesopotamia,' +
    'Anatolia,Alps,Andes,Himalayas,Atlantic,Pacific,Arctic,' +
    'Alabama,Alaska,Arizona,Arkansas,California,Colorado,Connecticut,Delaware,Florida,Georgia,Hawaii,Idaho,Illinois,' +
    'Indiana,Iowa,Kansas,Kentucky,Louisiana,Maine,Maryland,' +
    'Massachusetts,Michigan,Minnesota,Mississippi,Missouri,Montana,Nebraska,Nevada,New England,New Hampshire,New Jersey,' +
    'New Mexico,North Carolina,North Dakota,Ohio,Oklahoma,Oregon,' +
    'Pennsylvania,Rhode Island,South Carolina,South Dakota,Tennessee,Texas,Utah,Vermont,Virginia,West Virginia,Wisconsin,' +
    'Wyoming,Ontario,Quebec,Alberta,British Columbia,' +
    'Nova Scotia,New South Wales,Queensland,Tasmania,Bavaria,Saxony,Catalonia,Crete,Sicily,Athens,Atlanta,Baghdad,Bangkok,' +
    'Barcelona,Beijing,Beirut,Belgrade,Berlin,Bombay,Boston,' +
    'Brussels,Bucharest,Budapest,Buenos Aires,Cairo,Calcutta,Chicago,Cincinnati,Constantinople,Copenhagen,Dallas,Damascus,' +
    'Delhi,Detroit,Dresden,Dublin,Edinburgh,Florence,Geneva,' +
    'Glasgow,Hamburg,Hiroshima,Hollywood,Hong Kong,Houston,Istanbul,Jerusalem,Kabul,Kiev,Leipzig,Lisbon,London,Los Angeles,' +
    'Madrid,Manchester,Manhattan,Melbourne,Miami,Milan,' +
    'Montreal,Moscow,Mumbai,Munich,Naples,New Orleans,New York,New York City,Oslo,Oxford,Paris,Philadelphia,Prague,Rio de ' +
    'Janeiro,Rome,Saint Petersburg,San Francisco,Seattle,' +
    'Seoul,Shanghai,Stockholm,Sydney,Tehran,Tirana,Tokyo,Toronto,Venice,Vienna,Warsaw,Washington D.C.,Zurich'
  ).split(','),
);

/** Words for peoples, nationalities and religions: capitalised in English, but neither persons nor places. */
export const GROUPS: ReadonlySet<string> = new Set(
  (
    'Afghan African Albanian Algerian American Americans Amish Anglican Anglo-Saxon Arab Arabic Arabs Argentine Armenian Asian ' +
    'Australian Austrian Aztec Babylonian Baltic Baptist Basque Bavarian Belarusian Belgian Bengali Berber Bolivian Bosnian ' +
    'Brazilian British Buddhist Bulgarian Burmese Byzantine Calvinist Canadian Caribbean Catalan Catholic Celtic Chilean ' +
    'Chinese Christian Christians Colombian Croatian Cuban Czech Danish Dutch Egyptian English Estonian Ethiopian European ' +
    'Europeans Filipino Finnish Flemish French Frankish Gaelic Georgian German Germanic Germans Ghanaian Greek Greeks Hebrew ' +
    'Hellenic Hindu Hispanic Hungarian Icelandic Indian Indians Indonesian Iranian Iraqi Irish Islamic Israeli Italian ' +
    'Italians Jamaican Japanese Jewish Jews Jordanian Kazakh Kenyan Korean Kurdish Latin Latino Latvian Lebanese Libyan ' +
    'Lithuanian Lutheran Macedonian Malay Malaysian Maltese Maya Methodist Mexican Moldovan Mongol Mongolian Mormon Moroccan ' +
    'Muslim Muslims Nazi Nazis Nepalese Nigerian Nordic Norman Normans Norwegian Ottoman Pakistani Palestinian Persian ' +
    'Peruvian Polish Portuguese Presbyterian Protestant Protestants Prussian Roman Romans Romanian Russian Russians Saxon ' +
    'Scandinavian Scottish Scots Semitic Serb Serbian Sikh Slavic Slovak Slovenian Soviet Spanish Sudanese Sunni Shia Swedish ' +
    'Swiss Sanskrit Syrian Tamil Tatar Thai Tibetan Turkish Turks Ukrainian Uzbek Venezuelan Vietnamese Viking Welsh Yugoslav Zionist'
  ).split(' '),
);
