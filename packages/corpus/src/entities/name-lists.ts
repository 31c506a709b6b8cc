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

/** First names that make a run of two to four capitalised words a person. */
export const GIVEN_NAMES: ReadonlySet<string> = new Set(
  (
    'Aaron Abraham Adam Adolf Agatha Ahmed Alan Albert Alexander Alexandre Alfred Ali Alice Allen Andre Andrew Andy Angela ' +
    'Ann Anna Anne Anthony Anton Antonio Aristotle Arnold Arthur ' +
    'Auguste Augustus Ayn Barbara Benjamin Bernard Bertrand Bill Bob Bobby Brian Bruce Buzz Carl Carlos Caroline Catherine ' +
    'Cecil Charles Charlie Charlotte Chris Christian Christopher ' +
    'Clara Claude Dan Daniel David Dennis Diana Dick Donald Dorothy Douglas Dwight Edgar Edmund Eduard Edward Edwin ' +
    'Eleanor Elizabeth Ellen Elsa Emily Emma Enrico Eric Erich Ernest Ernst Eugene ' +
    'Eva Ferdinand Francis Francisco Frank Franklin Franz Fred Frederick Friedrich Fritz Gene Geoffrey George Georg Gerald ' +
    'Giovanni Giuseppe Gordon Graham Grace Gregory Gustav Hans Harold ' +
    'Harriet Harry Heinrich Helen Henri Henry Herbert Herman Hermann Howard Hugh Ian Ibn Igor Immanuel Ira Isaac Isabella ' +
    'Ivan Jack Jacob Jacques James Jan Jane Jason Jean Jeff Jennifer Jerry ' +
    'Jesse Jim Jimmy Joan Joe Johann John Johnny Jonathan Jorge Joseph Josef Juan Judith Julia Julius Karl Kate Katherine ' +
    'Keith Ken Kenneth Kevin Larry Laura Lawrence Lee Leo Leon Leonard ' +
    'Leonardo Lewis Lisa Louis Louise Lucy Ludwig Luigi Luis Margaret Maria Marie Mario Mark Martha Martin Mary Matthew ' +
    'Maurice Max Michael Michel Mike Mikhail Mohammad Mohammed Muhammad ' +
    'Nancy Napoleon Nathaniel Neil Nicholas Nikita Nikolai Noam Oliver Oscar Otto Patrick Paul Pedro Percy Peter Philip ' +
    'Pierre Rachel Rafael Ralph Ray Raymond Rebecca Richard Rita Robert ' +
    'Robin Roger Roland Ronald Rose Roy Rudolf Russell Ruth Samuel Sam Sandra Sarah Scott Sergei Sigmund Simon Sophie ' +
    'Stanley Stephen Steve Steven Susan Theodore Thomas Tim Timothy Tom Tony ' +
    'Ulysses Vicente Victor Victoria Vincent Virginia Vladimir Walter Warren Wilhelm William Winston Wolfgang Woodrow Zachary'
  ).split(' '),
);
